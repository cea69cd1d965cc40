namespace NixRemote.StoreObjects;

/// <summary>What an archive is made of: a tree of nodes, wherever it lies. It is gone through once, and one file at a time is open.</summary>
/// <typeparam name="TNode">What stands for a node.</typeparam>
internal abstract class NarTree<TNode> : IDisposable
{
    /// <summary>The top of it.</summary>
    public abstract TNode Root { get; }

    /// <summary>What a node is. A file is opened by that, its content is what <see cref="ReadAsync"/> reads.</summary>
    /// <param name="node">The node.</param>
    /// <param name="target">What a symbolic link points to.</param>
    public abstract NarNodeKind Enter(TNode node, out byte[] target);

    /// <summary>The entries of a directory, by the bytes of their names, none of which is there twice.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="depth">How many are above it.</param>
    public abstract (byte[] Name, TNode Node)[] Entries(TNode directory, int depth);

    /// <summary>Bytes of the file that is open.</summary>
    public abstract long FileSize { get; }

    /// <summary>Reads from the file that is open: at least one byte.</summary>
    /// <param name="position">Where it goes on.</param>
    /// <param name="buffer">Where to; no longer than what is left.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public abstract ValueTask<int> ReadAsync(long position, Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Closes the file that is open, if one is.</summary>
    public abstract void CloseFile();

    /// <inheritdoc/>
    public virtual void Dispose() => CloseFile();
}
