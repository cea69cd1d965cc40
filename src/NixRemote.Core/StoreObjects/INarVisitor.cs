namespace NixRemote.StoreObjects;

/// <summary>
/// Is told what an archive holds, in its order, while it is parsed. A directory is <see cref="BeginDirectory"/>, for
/// each entry <see cref="Entry"/> and the node, then <see cref="EndDirectory"/>; a file is <see cref="BeginFile"/>,
/// any number of <see cref="Content"/>, then <see cref="EndFile"/>. Spans are valid during the call only.
/// </summary>
public interface INarVisitor
{
    /// <summary>The node is a directory.</summary>
    void BeginDirectory();

    /// <summary>The name of the next node: raw bytes that the parser has checked (nar.md §1.2).</summary>
    void Entry(ReadOnlySpan<byte> name);

    /// <summary>The directory has no more entries.</summary>
    void EndDirectory();

    /// <summary>The node is a regular file.</summary>
    /// <param name="size">Its bytes.</param>
    /// <param name="executable">Whether its owner may execute it.</param>
    void BeginFile(long size, bool executable);

    /// <summary>The next bytes of the file.</summary>
    void Content(ReadOnlySpan<byte> chunk);

    /// <summary>All bytes of the file were given.</summary>
    void EndFile();

    /// <summary>The node is a symbolic link.</summary>
    /// <param name="target">Where it points: raw bytes, unresolved.</param>
    void Symlink(ReadOnlySpan<byte> target);
}
