using NixRemote.StoreObjects;

namespace NixRemote.Stores;

public sealed partial class ServeConnection
{
    // A build that goes on writing while its result is already there gets so many round trips for its last lines.
    private const int MaxFences = 16;

    // The remote's own limit passes first, and its answer keeps the connection.
    private static readonly TimeSpan _limitGrace = TimeSpan.FromSeconds(2);

    // BuildDerivation (wire.md §3.3 #8): u64 8, path drvPath, BasicDerivation (§6), BuildOptions (§3.5) → BuildResult (§3.6)
    /// <inheritdoc/>
    /// <remarks>The limits go along with the request, but a server that hands its builds to a daemon does not keep them
    /// (seen with 2.34.8): so they are kept here too, a little later.</remarks>
    public override async Task<BuildResult> BuildDerivationAsync(
        BasicDerivation derivation, BuildOptions options, Action<StoreEvent>? events, CancellationToken cancellationToken)
    {
        using var limits = new BuildLimits(options, derivation.Path.ToString(), _limitGrace, Abort);
        try
        {
            return await RequestBuildAsync(derivation, options, storeEvent =>
            {
                limits.OnEvent(storeEvent);
                events?.Invoke(storeEvent);
            }, cancellationToken).ConfigureAwait(false);
        }
        catch (NixRemoteException) when (limits.Passed is not null)
        {
            return limits.Passed;
        }
    }

    private Task<BuildResult> RequestBuildAsync(
        BasicDerivation derivation, BuildOptions options, Action<StoreEvent> events, CancellationToken cancellationToken) =>
        RunAsync(ConnectionPhase.Build, async token =>
        {
            WriteCommand(Command.BuildDerivation);
            Writer.WritePath(derivation.Path);
            Writer.WriteBasicDerivation(derivation);
            WriteBuildOptions(options);

            // One build at a time: all lines between request and result are its own (wire.md §3.8).
            var lines = 0;
            void OnLine(string line)
            {
                Interlocked.Increment(ref lines);
                events(new StoreEvent.BuildLogLine(line));
            }

            Channel.StandardError.LineReceived += OnLine;
            try
            {
                var result = await ReadBuildResultAsync(token).ConfigureAwait(false);
                await FenceAsync(() => Volatile.Read(ref lines), token).ConfigureAwait(false);
                return result;
            }
            finally
            {
                Channel.StandardError.LineReceived -= OnLine;
            }
        }, cancellationToken);

    private async Task<BuildResult> ReadBuildResultAsync(CancellationToken cancellationToken)
    {
        await Writer.FlushAsync(cancellationToken).ConfigureAwait(false);
        return await Reader.ReadServeBuildResultAsync(Info.Version, cancellationToken).ConfigureAwait(false);
    }

    // Standard error and output are streams of their own, and the last lines of a build may come after its result. The
    // server wrote them before; a round trip is the time that they need at most on an ordered transport, and as long as
    // lines keep coming, there is another one.
    private async Task FenceAsync(Func<int> lines, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(LastWordsTime);
        try
        {
            for (int fence = 0, before = -1; fence < MaxFences && before != lines(); fence++)
            {
                before = lines();
                WriteCommand(Command.QueryValidPaths);
                Writer.WriteBool(false);
                Writer.WriteBool(false);
                Writer.WritePathSet([]);
                await Writer.FlushAsync(limit.Token).ConfigureAwait(false);
                await Reader.ReadPathSetAsync(0, "valid paths", limit.Token).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (
            exception is IOException or NixRemoteException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            // The result stands, though the connection does not.
            Break();
        }
    }

    // BuildOptions (wire.md §3.5):
    //   u64 maxSilentTime s; u64 buildTimeout s; ≥ 2.2: u64 maxLogSize bytes; ≥ 2.3: u64 nrRepeats 0; u64 enforceDeterminism 0
    //   ≥ 2.7: u64 keepFailed
    private void WriteBuildOptions(BuildOptions options)
    {
        Writer.WriteNumber(Seconds(options.MaxSilentTime));
        Writer.WriteNumber(Seconds(options.Timeout));
        Writer.WriteNumber(options.MaxLogSize);
        Writer.WriteUInt64(0);
        Writer.WriteUInt64(0);
        if (Info.Version >= new ProtocolVersion(2, 7))
        {
            Writer.WriteBool(options.KeepFailed);
        }
    }

    // Whole seconds, 0 for none: a limit below a second is one second, not none.
    private static long Seconds(TimeSpan? limit) =>
        limit is null ? 0 : Math.Clamp((long)Math.Ceiling(limit.Value.TotalSeconds), 1, int.MaxValue);
}
