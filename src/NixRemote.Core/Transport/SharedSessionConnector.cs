namespace NixRemote.Transport;

/// <summary>Uses connections that are open already where they are with the right host, and opens the others.</summary>
/// <param name="sessions">The open connections.</param>
/// <param name="others">Opens connections.</param>
public sealed class SharedSessionConnector(IReadOnlyList<SharedSshSession> sessions, ISshConnector others) : ISshConnector
{
    /// <inheritdoc/>
    public Task<ISshSession> ConnectAsync(SshTarget target, SshOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(options);
        var config = SshConfig.Resolve(target, options with { Verbose = null, Warning = null });
        var session = sessions.FirstOrDefault(open => open.Port == config.Port && (target.User is null || target.User == open.User)
            && (IsHost(open, config.HostName) || IsHost(open, config.OriginalHost)));
        if (session is null)
        {
            options.Verbose?.Invoke($"None of the open SSH sessions ({string.Join(", ", sessions)}) is with {config}; it is connected anew.");
            return others.ConnectAsync(target, options, cancellationToken);
        }

        if (target.PinnedHostKey is not null)
        {
            options.Warning?.Invoke($"'{target}' has a pinned host key, which cannot be checked on a session that is open already; it is connected anew.");
            return others.ConnectAsync(target, options, cancellationToken);
        }

        options.Verbose?.Invoke($"The open SSH session {session} is used for '{target}'.");
        return Task.FromResult(session.Adopt(options, target.ToString()));
    }

    private static bool IsHost(SharedSshSession session, string host) => string.Equals(session.Host, host, StringComparison.OrdinalIgnoreCase);
}
