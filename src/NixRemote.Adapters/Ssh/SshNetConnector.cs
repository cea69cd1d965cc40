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
        try
        {
            // Files are read and keys are parsed before the first wait: not on the thread of a caller who opens many connections.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            var config = SshConfig.Resolve(target, options);
            if ((config.ProxyJump ?? config.ProxyCommand) is { } proxy)
            {
                // Never around it: the same name may be another machine here.
                var keyword = config.ProxyJump is null ? "ProxyCommand" : "ProxyJump";
                throw new NixRemoteException(NixErrors.SshOptionUnsupported,
                    $"The SSH configuration of '{config.OriginalHost}' has {keyword} '{proxy}', which is not supported in process.");
            }

            var knownHosts = target.PinnedHostKey is { } pinned ? KnownHosts.Pinned(config, pinned) : KnownHosts.Load(config, options.Verbose);
            var attempt = new ConnectAttempt(config, options, knownHosts, target.ToString());
            return await attempt.RunAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (NixRemoteException e)
        {
            e.Builder ??= target.ToString();
            throw;
        }
    }
}
