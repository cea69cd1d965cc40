namespace NixRemote.Stores;

/// <summary>What a daemon says of our user (wire.md §1); values are the wire's.</summary>
public enum TrustLevel
{
    /// <summary>It does not say: serve protocol, or worker protocol before 1.35.</summary>
    Unknown = 0,

    /// <summary>May import unsigned paths and build input-addressed derivations.</summary>
    Trusted = 1,

    /// <summary>May not.</summary>
    NotTrusted = 2,
}
