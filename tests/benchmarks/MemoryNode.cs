namespace NixRemote.Benchmarks;

/// <summary>A file or a directory that is held in memory.</summary>
internal sealed class MemoryNode
{
    /// <summary>The content of a file; null: a directory.</summary>
    public byte[]? Content { get; init; }

    /// <summary>The entries of a directory, by the bytes of their names.</summary>
    public (byte[] Name, MemoryNode Node)[] Entries { get; init; } = [];
}
