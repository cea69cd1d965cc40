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

    /// <summary>The agent's socket; null: the environment's; <c>none</c>: no agent.</summary>
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

    /// <summary>The command whose standard input and output are the connection, or null.</summary>
    public string? ProxyCommand { get; init; }

    /// <summary>The name that known_hosts is asked for: the alias, or the host, with its port unless that is 22.</summary>
    public string KnownHostName => HostKeyAlias ?? (Port == 22 ? HostName : $"[{HostName}]:{Port}");

    /// <summary><c>user@host:port</c>, for messages.</summary>
    public override string ToString() => $"{User}@{(HostName.Contains(':') ? $"[{HostName}]" : HostName)}:{Port}";
}
