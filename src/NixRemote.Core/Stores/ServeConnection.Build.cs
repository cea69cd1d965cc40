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
    public override Task<BuildResult> BuildDerivationAsync(
        BasicDerivation derivation, BuildOptions options, Action<StoreEvent>? events, CancellationToken cancellationToken) =>
        BuildAsync(
            options,
            derivation.Path.ToString(),
            () =>
            {
                WriteCommand(Command.BuildDerivation);
                Writer.WritePath(derivation.Path);
                Writer.WriteBasicDerivation(derivation);
                WriteBuildOptions(options);
            },
            token => Reader.ReadServeBuildResultAsync(Info.Version, token),
            events,
            cancellationToken);

    // BuildPaths (wire.md §3.3 #6): u64 6, list<string> path or drvPath or drvPath!out,dev, BuildOptions (§3.5)
    //   → u64 0, or u64 exit status, string message
    /// <inheritdoc/>
    /// <remarks>Limits as for <see cref="BuildDerivationAsync"/>. What is built meanwhile is logged without saying for which derivation.</remarks>
    public override Task<BuildResult> BuildGoalAsync(
        DerivedPath goal, BuildOptions options, Action<StoreEvent>? events, CancellationToken cancellationToken) =>
        BuildAsync(
            options,
            goal.ToString(),
            () =>
            {
                WriteCommand(Command.BuildPaths);
                Writer.WriteNumber(1);
                Writer.WriteText(goal.Outputs is { Count: > 0 } outputs ? $"{goal.Path}!{string.Join(',', outputs)}" : goal.Path.ToString());
                WriteBuildOptions(options);
            },
            token => ReadGoalResultAsync(goal, token),
            events,
            cancellationToken);

    private Task<BuildResult> BuildAsync(
        BuildOptions options,
        string what,
        Action write,
        Func<CancellationToken, ValueTask<BuildResult>> read,
        Action<StoreEvent>? events,
        CancellationToken cancellationToken) =>
        RunBuildAsync(options, what, _limitGrace, async (onEvent, token) =>
        {
            write();

            // One build at a time: all lines between request and result are its own (wire.md §3.8).
            var lines = 0;
            void OnLine(string line)
            {
                Interlocked.Increment(ref lines);
                onEvent(new StoreEvent.BuildLogLine(line));
            }

            Channel.StandardError.LineReceived += OnLine;
            try
            {
                await Writer.FlushAsync(token).ConfigureAwait(false);
                var result = await read(token).ConfigureAwait(false);
                await FenceAsync(() => Volatile.Read(ref lines), token).ConfigureAwait(false);
                return result;
            }
            finally
            {
                Channel.StandardError.LineReceived -= OnLine;
            }
        }, passed => passed, events, cancellationToken);

    private async ValueTask<BuildResult> ReadGoalResultAsync(DerivedPath goal, CancellationToken cancellationToken)
    {
        var exit = await Reader.ReadNumberAsync(int.MaxValue, "the exit status of a build", cancellationToken).ConfigureAwait(false);
        if (exit == 0)
        {
            return new BuildResult { Status = BuildStatus.Built };
        }

        var message = RemoteErrorText.Bare(await Reader.ReadTextAsync(WireLimits.ErrorTextBytes, "an error text", cancellationToken).ConfigureAwait(false));
        return new BuildResult { Status = StatusOf(exit, message, goal.Path), ErrorMessage = message };
    }

    // Of a server that has the store itself: 0x60, and 1 for time, 2 for a wrong hash, 4 for a failed builder, 8 for builds that differ. One that
    // hands its builds to a daemon answers 1 to every failure, and only its words tell a failed builder.
    private static BuildStatus StatusOf(int exit, string message, StorePath derivation) => exit switch
    {
        _ when (exit & 0x60) != 0x60 => RemoteErrorText.SaysBuilderFailed(message, derivation) ? BuildStatus.PermanentFailure : BuildStatus.MiscFailure,
        _ when (exit & 1) != 0 => BuildStatus.TimedOut,
        _ when (exit & 2) != 0 => BuildStatus.OutputRejected,
        _ when (exit & 8) != 0 => BuildStatus.NotDeterministic,
        _ => BuildStatus.PermanentFailure,
    };

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
