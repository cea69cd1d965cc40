namespace NixRemote.Transport;

/// <summary>Whom to reach over SSH, as a builder's URI and entry say it; ssh_config fills what is left open.</summary>
public sealed record SshTarget
{
    /// <summary>The host as written: a name, a Host alias of ssh_config, or an address (IPv6 without brackets).</summary>
    public required string Host { get; init; }

    /// <summary>The user, or null for ssh_config's or the caller's own.</summary>
    public string? User { get; init; }

    /// <summary>The port, or null for ssh_config's or 22.</summary>
    public int? Port { get; init; }

    /// <summary>The identity file of the builder's entry (<c>ssh-key</c>); tried before those of ssh_config.</summary>
    public string? IdentityFile { get; init; }

    /// <summary>The builder's pinned host key, a public key line (<c>ssh-ed25519 AAAA… comment</c>), or null. When set,
    /// no other key is accepted and known_hosts is not read.</summary>
    public string? PinnedHostKey { get; init; }

    /// <summary>Compress the connection (<c>compress=true</c>).</summary>
    public bool Compress { get; init; }

    /// <summary><c>user@host:port</c> as far as it is given.</summary>
    public override string ToString() =>
        $"{(User is null ? "" : User + "@")}{(Host.Contains(':') ? $"[{Host}]" : Host)}{(Port is null ? "" : $":{Port}")}";
}
