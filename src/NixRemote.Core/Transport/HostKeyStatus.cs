namespace NixRemote.Transport;

/// <summary>What is known about a key that a host has shown.</summary>
public enum HostKeyStatus
{
    /// <summary>It is the known one.</summary>
    Known,

    /// <summary>The host is not known, or only by keys of other types.</summary>
    Unknown,

    /// <summary>Another key of the same type is known for the host.</summary>
    Changed,

    /// <summary>The key is marked as revoked.</summary>
    Revoked,
}
