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

    /// <summary>Largest file that is looked into for a public key, in bytes.</summary>
    public const int MaxPublicKeyBytes = 1024 * 1024;

    /// <summary>Largest answer of an SSH agent, as in OpenSSH.</summary>
    public const int MaxAgentMessageBytes = 256 * 1024;

    /// <summary>How many keys an agent may have, as in OpenSSH.</summary>
    public const int MaxAgentKeys = 2048;

    /// <summary>How long a Windows pipe of an agent may be busy, in milliseconds.</summary>
    public const int AgentConnectTimeout = 2000;

    /// <summary>How many of the last lines that ssh -v writes are kept while it connects.</summary>
    public const int MaxOpenSshLines = 500;

    /// <summary>Hosts on the way to a builder, those that a jump host jumps over counted too.</summary>
    public const int MaxJumps = 8;
}
