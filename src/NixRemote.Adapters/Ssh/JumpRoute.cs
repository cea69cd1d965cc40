using NixRemote.Transport;

namespace NixRemote.Adapters.Ssh;

/// <summary>Over a jump host: a connection with it, and on that a channel to the server (RFC 4254 §7.2).</summary>
/// <param name="config">The server.</param>
/// <param name="jump">The host to jump over.</param>
/// <param name="connect">Connects with it.</param>
internal sealed class JumpRoute(SshHostConfig config, SshTarget jump, Func<CancellationToken, Task<SshNetSession>> connect) : ISshRoute
{
    /// <inheritdoc/>
    public string Description => $"over {jump}";

    /// <inheritdoc/>
    public async Task<Stream> OpenAsync(CancellationToken cancellationToken)
    {
        SshNetSession session;
        try
        {
            session = await connect(cancellationToken).ConfigureAwait(false);
        }
        catch (NixRemoteException e)
        {
            throw new NixRemoteException(NixErrors.ProxyJumpFailed, $"The jump host '{jump}' on the way to '{config.OriginalHost}' cannot be used: {e.Message}", e)
            {
                Target = jump.ToString(),
                StandardErrorTail = e.StandardErrorTail,
                RecommendedAction = $"At the jump host '{jump}': {e.RecommendedAction}",
            };
        }

        try
        {
            return new ChannelStream(await session.ForwardAsync(config.HostName, config.Port, cancellationToken).ConfigureAwait(false), session);
        }
        catch (NixRemoteException e)
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw new NixRemoteException(NixErrors.ProxyJumpRefused,
                $"The jump host '{jump}' does not connect us with {config.HostName}:{config.Port}: {e.Message}", e) { Target = jump.ToString() };
        }
        catch
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask<NixRemoteException?> WhyEndedAsync() => new((NixRemoteException?)null);
}
