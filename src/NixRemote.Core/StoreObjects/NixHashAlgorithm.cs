namespace NixRemote.StoreObjects;

/// <summary>The hash algorithms of nar.md §2.</summary>
public enum NixHashAlgorithm
{
    /// <summary>16 bytes.</summary>
    Md5,

    /// <summary>20 bytes.</summary>
    Sha1,

    /// <summary>32 bytes.</summary>
    Sha256,

    /// <summary>64 bytes.</summary>
    Sha512,

    /// <summary>32 bytes; known by name only.</summary>
    Blake3,
}
