namespace NixRemote.StoreObjects;

/// <summary>What a node of an archive is (nar.md §1).</summary>
internal enum NarNodeKind
{
    /// <summary>A file that may not be run.</summary>
    File,

    /// <summary>A file that may be run.</summary>
    ExecutableFile,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A symbolic link.</summary>
    Symlink,
}
