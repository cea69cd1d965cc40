using NixRemote.StoreObjects;

namespace NixRemote.Benchmarks;

/// <summary>Files in memory, for the writer that archives those of a disk: what it takes by itself, without the system's file functions.</summary>
internal sealed class MemoryTree(MemoryNode root) : NarTree<MemoryNode>
{
    private byte[] _file = [];

    public override MemoryNode Root => root;

    public override long FileSize => _file.Length;

    public override NarNodeKind Enter(MemoryNode node, out byte[] target)
    {
        target = [];
        _file = node.Content ?? [];
        return node.Content is null ? NarNodeKind.Directory : NarNodeKind.File;
    }

    public override (byte[] Name, MemoryNode Node)[] Entries(MemoryNode directory, int depth) => directory.Entries;

    public override ValueTask<int> ReadAsync(long position, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        _file.AsSpan((int)position, buffer.Length).CopyTo(buffer.Span);
        return ValueTask.FromResult(buffer.Length);
    }

    public override void CloseFile()
    {
    }
}
