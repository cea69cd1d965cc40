namespace NixRemote.Stores;

public abstract partial class StoreConnection
{
    /// <summary>Runs a build: its limits kept, its cancellation at a moment at which the remote notices it.</summary>
    /// <typeparam name="T">The protocol's result.</typeparam>
    /// <param name="options">The limits.</param>
    /// <param name="what">What is built, for messages.</param>
    /// <param name="grace">How much later than said the limits of time are enforced here.</param>
    /// <param name="build">Writes the request and reads the result, and tells what happens meanwhile.</param>
    /// <param name="limitPassed">The result where a limit has passed.</param>
    /// <param name="events">Told what happens.</param>
    /// <param name="cancellationToken">Ends the connection and with it the build, within <see cref="BuildHangUp.Longest"/>.</param>
    private protected async Task<T> RunBuildAsync<T>(
        BuildOptions options,
        string what,
        TimeSpan grace,
        Func<Action<StoreEvent>, CancellationToken, Task<T>> build,
        Func<BuildResult, T> limitPassed,
        Action<StoreEvent>? events,
        CancellationToken cancellationToken)
    {
        using var hangUp = new BuildHangUp(cancellationToken);
        using var limits = new BuildLimits(options, what, grace, hangUp.Begin, Abort);
        try
        {
            return await RunAsync(ConnectionPhase.Build, token => build(OnEvent, token), hangUp.Moment).ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancelled.Message, cancelled, cancellationToken);
        }
        catch (Exception exception) when (limits.Passed is not null && exception is NixRemoteException or OperationCanceledException)
        {
            return limitPassed(limits.Passed);
        }

        void OnEvent(StoreEvent storeEvent)
        {
            hangUp.OnActivity();
            limits.OnEvent(storeEvent);
            events?.Invoke(storeEvent);
        }
    }
}
