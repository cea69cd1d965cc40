namespace NixRemote.Transport;

/// <summary>Bounds on what the transport reads from files and from servers.</summary>
internal static class TransportLimits
{
    /// <summary>How deep Include may nest, as in OpenSSH.</summary>
    public const int MaxIncludeDepth = 16;

    /// <summary>Largest ssh_config file, in bytes.</summary>
    public const int MaxConfigBytes = 4 * 1024 * 1024;

    /// <summary>Largest known_hosts file, in bytes.</summary>
    public const int MaxKnownHostsBytes = 64 * 1024 * 1024;

    /// <summary>How many identity files are taken from the configuration, as in OpenSSH.</summary>
    public const int MaxIdentityFiles = 100;
}
