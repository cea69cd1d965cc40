using System.Net;
using System.Net.Sockets;

namespace NixRemote.Transport;

/// <summary>Everything about one connection after NIX_SSHOPTS, the target, ssh_config and the defaults were put together.</summary>
public sealed record SshHostConfig
{
    /// <summary>The host as the user wrote it: what Host blocks match.</summary>
    public required string OriginalHost { get; init; }

    /// <summary>The name or address to connect to.</summary>
    public required string HostName { get; init; }

    /// <summary>The port.</summary>
    public required int Port { get; init; }

    /// <summary>The user to log in as.</summary>
    public required string User { get; init; }

    /// <summary>The identity files in the order to try, as full paths; the first <see cref="RequiredIdentityFiles"/> are
    /// the user's explicit choice and must exist, the others are passed over when they do not.</summary>
    public required IReadOnlyList<string> IdentityFiles { get; init; }

    /// <summary>How many of <see cref="IdentityFiles"/> come from the builder's entry or NIX_SSHOPTS.</summary>
    public int RequiredIdentityFiles { get; init; }

    /// <summary>Only the files, no other keys that an agent holds.</summary>
    public bool IdentitiesOnly { get; init; }

    /// <summary>The agent's socket or pipe; null: no agent.</summary>
    public string? IdentityAgent { get; init; }

    /// <summary>Certificates beside the identity files, as full paths.</summary>
    public IReadOnlyList<string> CertificateFiles { get; init; } = [];

    /// <summary>The user's known_hosts files.</summary>
    public required IReadOnlyList<string> UserKnownHostsFiles { get; init; }

    /// <summary>The system's known_hosts files.</summary>
    public required IReadOnlyList<string> GlobalKnownHostsFiles { get; init; }

    /// <summary>The name to look up in known_hosts instead of the host's; null: the host's with its port.</summary>
    public string? HostKeyAlias { get; init; }

    /// <summary>What happens with an unknown host key.</summary>
    public HostKeyChecking HostKeyChecking { get; init; }

    /// <summary>Whether names are hashed where keys are added to known_hosts.</summary>
    public bool HashKnownHosts { get; init; }

    /// <summary>How often TCP is tried, with 1 s between.</summary>
    public int ConnectionAttempts { get; init; } = 1;

    /// <summary>Limit for the whole of connecting.</summary>
    public required TimeSpan ConnectTimeout { get; init; }

    /// <summary>Pause between signs of life.</summary>
    public required TimeSpan KeepAliveInterval { get; init; }

    /// <summary>How many pauses without an answer end the connection.</summary>
    public int KeepAliveCountMax { get; init; } = 3;

    /// <summary>Whether to compress.</summary>
    public bool Compression { get; init; }

    /// <summary>IPv4 only, IPv6 only, or (Unspecified) both.</summary>
    public AddressFamily AddressFamily { get; init; } = AddressFamily.Unspecified;

    /// <summary>The local address to connect from, or null.</summary>
    public IPAddress? BindAddress { get; init; }

    /// <summary>ssh_config's Ciphers, or null: a list, or one with <c>+</c>, <c>-</c>, <c>^</c> in front.</summary>
    public string? Ciphers { get; init; }

    /// <summary>ssh_config's MACs, or null.</summary>
    public string? Macs { get; init; }

    /// <summary>ssh_config's KexAlgorithms, or null.</summary>
    public string? KexAlgorithms { get; init; }

    /// <summary>ssh_config's HostKeyAlgorithms, or null.</summary>
    public string? HostKeyAlgorithms { get; init; }

    /// <summary>The hosts to jump over, or null.</summary>
    public string? ProxyJump { get; init; }

    /// <summary>The command whose standard input and output are the connection, as written; or null.</summary>
    public string? ProxyCommand { get; init; }

    /// <summary><see cref="ProxyCommand"/> with values in place of its tokens, for a shell.</summary>
    public string? ProxyCommandLine { get; init; }

    /// <summary>What the configuration asks for that only the OpenSSH client can do; null: nothing.</summary>
    public string? NeedsOpenSsh { get; init; }

    /// <summary>A way to log in that only the OpenSSH client has, for when no key is accepted; null: none.</summary>
    public string? MayNeedOpenSsh { get; init; }

    /// <summary>The file that was read instead of the user's and the system's, <c>none</c>, or null.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>The name that known_hosts is asked for: the alias, or the host, with its port unless that is 22.</summary>
    public string KnownHostName => HostKeyAlias ?? (Port == 22 ? HostName : $"[{HostName}]:{Port}");

    /// <summary><c>user@host:port</c>, for messages.</summary>
    public override string ToString() => $"{User}@{(HostName.Contains(':') ? $"[{HostName}]" : HostName)}:{Port}";
}
