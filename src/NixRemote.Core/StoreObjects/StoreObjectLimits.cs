namespace NixRemote.StoreObjects;

/// <summary>What this room accepts at most. Stores and files are not trusted to be small.</summary>
public static class StoreObjectLimits
{
    /// <summary>Nodes above one another in an archive. Nix from 2.34 refuses 64, older ones have no limit and wrote
    /// deeper archives; nar.md §1.2.</summary>
    public const int NarDepth = 1024;

    /// <summary>Bytes of a keyword in an archive, nar.md §1.2.</summary>
    public const int NarTagBytes = 32;

    /// <summary>Bytes of a directory entry's name, nar.md §1.2.</summary>
    public const int NarNameBytes = 255;

    /// <summary>Bytes of a symbolic link's target, nar.md §1.2.</summary>
    public const int NarTargetBytes = 4095;

    /// <summary>Bytes of a .drv file. The largest of nixpkgs have a few MiB; arbitrary.</summary>
    public const int DerivationBytes = 64 << 20;

    /// <summary>Paths of one closure: twenty times all of nixpkgs; arbitrary.</summary>
    public const int ClosurePaths = 4_000_000;

    /// <summary>References of all paths of one closure together; arbitrary.</summary>
    public const int ClosureReferences = 200_000_000;

    /// <summary>Levels of the JSON of structured attributes; arbitrary.</summary>
    public const int StructuredAttributesDepth = 512;

    /// <summary>Bytes of a .narinfo file; arbitrary.</summary>
    public const int NarInfoBytes = 4 << 20;
}
