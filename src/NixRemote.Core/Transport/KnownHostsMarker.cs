namespace NixRemote.Transport;

/// <summary>The marker in front of a line of known_hosts.</summary>
public enum KnownHostsMarker
{
    /// <summary>A host key.</summary>
    None,

    /// <summary><c>@cert-authority</c>: a key that signs host certificates.</summary>
    CertificateAuthority,

    /// <summary><c>@revoked</c>: a key that must not be accepted.</summary>
    Revoked,
}
