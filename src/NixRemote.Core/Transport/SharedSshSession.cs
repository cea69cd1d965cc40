namespace NixRemote.Transport;

/// <summary>An SSH connection that somebody else has opened, and on which channels may be opened.</summary>
/// <param name="Host">The host that it was opened with.</param>
/// <param name="Port">The port there.</param>
/// <param name="User">The user who is logged in.</param>
/// <param name="Adopt">Makes a session of it, given who is told decisions, and the builder's name. Disposing that session closes its
/// channels, and not the connection.</param>
public sealed record SharedSshSession(string Host, int Port, string User, Func<SshOptions, string, ISshSession> Adopt)
{
    /// <summary><c>user@host:port</c>.</summary>
    public override string ToString() => $"{User}@{(Host.Contains(':') ? $"[{Host}]" : Host)}:{Port}";
}
