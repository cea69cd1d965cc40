using NixRemote.Transport;

namespace NixRemote.Adapters.Ssh;

/// <summary>Opens SSH connections in process, through SSH.NET.</summary>
public sealed class SshNetConnector : ISshConnector
{
    /// <inheritdoc/>
    public async Task<ISshSession> ConnectAsync(SshTarget target, SshOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(options);

        // Files are read and keys are parsed before the first wait: not on the thread of a caller who opens many connections.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        return await ConnectAsync(target, options, jumps: 0, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<SshNetSession> ConnectAsync(SshTarget target, SshOptions options, int jumps, CancellationToken cancellationToken)
    {
        try
        {
            var config = SshConfig.Resolve(target, options);
            if (config.NeedsOpenSsh is { } reason)
            {
                // Never around it: the same name may be another machine here.
                throw new NixRemoteException(NixErrors.SshOptionUnsupported,
                    $"The SSH configuration of '{config.OriginalHost}' has {reason}, which is not supported in process.");
            }

            var knownHosts = target.PinnedHostKey is { } pinned ? KnownHosts.Pinned(config, pinned) : KnownHosts.Load(config, options.Verbose);
            var attempt = new ConnectAttempt(config, options, knownHosts, RouteTo(config, options, jumps), target.ToString());
            return await attempt.RunAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (NixRemoteException e)
        {
            e.Builder ??= target.ToString();
            throw;
        }
    }

    private static ISshRoute? RouteTo(SshHostConfig config, SshOptions options, int jumps)
    {
        if (config.ProxyJump is not { } text)
        {
            return config.ProxyCommandLine is null ? null : new ProxyCommandRoute(config);
        }

        var hosts = SshJump.Parse(text, $"The SSH configuration of '{config.OriginalHost}'");
        var last = hosts[^1];
        if (jumps == TransportLimits.MaxJumps || (hosts.Count == 1 && last.Host == config.OriginalHost && (last.Port ?? 22) == config.Port && (last.User ?? config.User) == config.User))
        {
            throw new NixRemoteException(NixErrors.ProxyJumpFailed, $"The way to '{config.OriginalHost}' goes in a circle: its ProxyJump is '{text}'.")
            {
                RecommendedAction = "Set ProxyJump none for the jump host, above the pattern that matches it.",
            };
        }

        // As ssh -J: the jump host has the same configuration file, but no option of the command line; nobody's password is told to it.
        var jumpOptions = options with
        {
            ConfigFile = config.ConfigFile,
            ExtraArguments = hosts.Count == 1 ? "" : "-J " + string.Join(',', text.Split(',')[..^1]),
            Credential = null,
            Step = null,
        };
        return new JumpRoute(config, last, cancellationToken => ConnectAsync(last, jumpOptions, jumps + 1, cancellationToken));
    }
}
