namespace NixRemote.Stores;

/// <summary>How to build (worker protocol; values are the wire's).</summary>
public enum BuildMode
{
    /// <summary>Build what is not valid.</summary>
    Normal = 0,

    /// <summary>Rebuild damaged outputs; needs trust.</summary>
    Repair = 1,

    /// <summary>Build again and compare.</summary>
    Check = 2,
}
