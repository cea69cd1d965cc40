namespace NixRemote.Transport;

/// <summary>Who speaks SSH for us.</summary>
public enum SshTransport
{
    /// <summary>This process, unless ssh_config asks for what only the OpenSSH client can do.</summary>
    Auto,

    /// <summary>This process, through SSH.NET.</summary>
    SshNet,

    /// <summary>The OpenSSH client as a child process.</summary>
    OpenSsh,
}
