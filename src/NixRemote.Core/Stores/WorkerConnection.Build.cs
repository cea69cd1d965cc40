using NixRemote.StoreObjects;

namespace NixRemote.Stores;

public sealed partial class WorkerConnection
{
    // BuildDerivation (wire.md §4.4): u64 36, path drvPath, BasicDerivation (§6), u64 buildMode → messages, BuildResult (§5.2)
    /// <inheritdoc/>
    /// <remarks>Time, silence and log limits are kept here: when one passes, the connection is broken, which ends the
    /// build, and the result says so. KeepFailed cannot be carried.</remarks>
    public override Task<BuildResult> BuildDerivationAsync(
        BasicDerivation derivation, BuildOptions options, Action<StoreEvent>? events, CancellationToken cancellationToken) =>
        BuildAsync(
            options,
            derivation.Path.ToString(),
            () =>
            {
                WriteOperation(Operation.BuildDerivation);
                Writer.WritePath(derivation.Path);
                Writer.WriteBasicDerivation(derivation);
                Writer.WriteUInt64((ulong)options.Mode);
            },
            token => Reader.ReadWorkerBuildResultAsync(_version, token),
            passed => passed,
            events,
            cancellationToken);

    /// <inheritdoc/>
    /// <remarks>A daemon before 1.34 tells a failed build as a RemoteError.</remarks>
    public override async Task<BuildResult> BuildGoalAsync(
        DerivedPath goal, BuildOptions options, Action<StoreEvent>? events, CancellationToken cancellationToken)
    {
        var results = await BuildPathsWithResultsAsync([goal], options, events, cancellationToken).ConfigureAwait(false);
        return results is [var only] ? only.Result
            : throw new NixRemoteException(NixErrors.RemoteError, $"{Name} answered the request for {goal} with no result.") { Builder = Name, Target = goal.Path.ToString() };
    }

    // BuildPathsWithResults, ≥ 1.34 (wire.md §4.4): u64 46, list<DerivedPath>, u64 buildMode
    //   → messages, u64 count, count × (DerivedPath, BuildResult)
    // BuildPaths, before: u64 9, list<DerivedPath>, u64 buildMode → messages, u64 1
    /// <summary>Makes goals valid from the derivations that the store itself holds: the way to build for a user who is not
    /// trusted (wire.md §4.9).</summary>
    /// <param name="goals">What to make valid.</param>
    /// <param name="options">Limits; kept here as for <see cref="BuildDerivationAsync"/>.</param>
    /// <param name="events">Told what happens.</param>
    /// <param name="cancellationToken">Ends the connection and with it the builds.</param>
    /// <returns>One result a goal. A daemon before 1.34 answers for all together: an error of one is a RemoteError.</returns>
    public Task<IReadOnlyList<KeyedBuildResult>> BuildPathsWithResultsAsync(
        IReadOnlyList<DerivedPath> goals, BuildOptions options, Action<StoreEvent>? events, CancellationToken cancellationToken)
    {
        var withResults = Since(34);
        return BuildAsync<IReadOnlyList<KeyedBuildResult>>(
            options,
            string.Join(' ', goals),
            () =>
            {
                var texts = goals.Select(goal => goal.ToWire(_version)).ToArray();
                WriteOperation(withResults ? Operation.BuildPathsWithResults : Operation.BuildPaths);
                Writer.WriteNumber(texts.Length);
                Array.ForEach(texts, Writer.WriteText);
                Writer.WriteUInt64((ulong)options.Mode);
            },
            async token =>
            {
                if (withResults)
                {
                    return await ReadKeyedResultsAsync(goals, token).ConfigureAwait(false);
                }

                await Reader.ReadUInt64Async(token).ConfigureAwait(false);
                return [.. goals.Select(goal => new KeyedBuildResult(goal, new BuildResult { Status = BuildStatus.Built }))];
            },
            passed => [.. goals.Select(goal => new KeyedBuildResult(goal, passed))],
            events,
            cancellationToken);
    }

    private Task<T> BuildAsync<T>(
        BuildOptions options,
        string what,
        Action write,
        Func<CancellationToken, ValueTask<T>> read,
        Func<BuildResult, T> limitPassed,
        Action<StoreEvent>? events,
        CancellationToken cancellationToken) =>
        RunBuildAsync(options, what, TimeSpan.Zero, async (onEvent, token) =>
        {
            write();
            await Writer.FlushAsync(token).ConfigureAwait(false);
            await ReadMessagesAsync(onEvent, token).ConfigureAwait(false);
            return await read(token).ConfigureAwait(false);
        }, limitPassed, events, cancellationToken);

    private async ValueTask<IReadOnlyList<KeyedBuildResult>> ReadKeyedResultsAsync(
        IReadOnlyList<DerivedPath> goals, CancellationToken cancellationToken)
    {
        var byText = goals.ToDictionary(goal => goal.ToWire(_version));
        var count = await Reader.ReadNumberAsync(goals.Count, "the number of results", cancellationToken).ConfigureAwait(false);
        var results = new List<KeyedBuildResult>(count);
        for (var i = 0; i < count; i++)
        {
            var offset = Reader.Position;
            var text = await Reader.ReadTextAsync(WireLimits.PathBytes, "a goal", cancellationToken).ConfigureAwait(false);
            if (!byText.Remove(text, out var goal))
            {
                throw WireReader.Violation(offset, $"a result for '{text}' was not asked for, or came before");
            }

            var result = await Reader.ReadWorkerBuildResultAsync(_version, cancellationToken).ConfigureAwait(false);
            results.Add(new KeyedBuildResult(goal, result));
        }

        return results;
    }
}
