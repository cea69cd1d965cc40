using System.Net;
using System.Security;

namespace NixRemote.Transport;

/// <summary>How to connect over SSH. Values that are null leave the choice to ssh_config and then to the default.</summary>
public sealed record SshOptions
{
    /// <summary>Limit from the first packet to the end of authentication; null: ssh_config's ConnectTimeout, else 15 s.</summary>
    public TimeSpan? ConnectTimeout { get; init; }

    /// <summary>Pause between keep-alive messages; null: ssh_config's ServerAliveInterval if over 0, else 15 s.</summary>
    public TimeSpan? KeepAliveInterval { get; init; }

    /// <summary>The client configuration to read instead of <c>~/.ssh/config</c> and the system's; null: those.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>Options for ssh as NIX_SSHOPTS has them; null: those of the environment, empty: none.</summary>
    public string? ExtraArguments { get; init; }

    /// <summary>Add the key of a host that is not known yet to known_hosts, as StrictHostKeyChecking accept-new does. A changed
    /// key is refused all the same.</summary>
    public bool AcceptNewHostKey { get; init; }

    /// <summary>The passphrase of identity files that have one; null: none.</summary>
    public SecureString? KeyPassphrase { get; init; }

    /// <summary>A user name, for hosts whose user is not given otherwise, and a password: for identity files, and for servers
    /// that ask for one. Null: none.</summary>
    public NetworkCredential? Credential { get; init; }

    /// <summary>Who speaks SSH.</summary>
    public SshTransport Transport { get; init; }

    /// <summary>Told each step of connecting once it is done, from any thread; must not block. A transport that cannot tell its steps tells none.</summary>
    public Action<SshStep>? Step { get; init; }

    /// <summary>Told decisions worth a Verbose line (which config, which key, which cipher), from any thread; must not block.</summary>
    public Action<string>? Verbose { get; init; }

    /// <summary>Told what deserves a warning, from any thread; must not block.</summary>
    public Action<string>? Warning { get; init; }
}
