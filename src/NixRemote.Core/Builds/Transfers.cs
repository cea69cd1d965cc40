using System.Diagnostics;
using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Builds;

/// <summary>
/// Moves closures between the stores of a run: a path goes to a store once, whoever needs it; requests that wait for
/// their turn are joined to one transfer; references go first.
/// </summary>
internal sealed class Transfers(bool substitute, Action<BuildEvent> events)
{
    private readonly Dictionary<(RunStore From, RunStore To), Lane> _lanes = [];

    /// <summary>Makes paths valid in a store with all that they refer to.</summary>
    /// <param name="from">A store that has them.</param>
    /// <param name="to">Where they are needed.</param>
    /// <param name="roots">The paths.</param>
    /// <param name="cancellationToken">Gives up the wait; a transfer that others share goes on until the run ends.</param>
    /// <returns>What was moved for this request; the shares of joined requests are added to the first of them.</returns>
    public async Task<TransferTally> EnsureAsync(RunStore from, RunStore to, IReadOnlyCollection<StorePath> roots, CancellationToken cancellationToken)
    {
        var missing = roots.Where(r => !to.Has(r)).ToList();
        if (missing.Count == 0)
        {
            return default;
        }

        Lane lane;
        lock (_lanes)
        {
            if (!_lanes.TryGetValue((from, to), out lane!))
            {
                _lanes[(from, to)] = lane = new Lane();
            }
        }

        var request = new Request(missing);
        lock (lane)
        {
            lane.Waiting.Add(request);
        }

        await to.Writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Whoever gets the turn first moves what all have asked for meanwhile.
            List<Request> batch;
            lock (lane)
            {
                batch = lane.Waiting;
                lane.Waiting = [];
            }

            if (batch.Count > 0)
            {
                await MoveAsync(from, to, batch, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            to.Writing.Release();
        }

        return await request.Done.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The closure of paths as far as a store does not have it, with what is told of each: what a transfer would move.</summary>
    public async Task<IReadOnlyList<PathOutline>> MissingAsync(
        RunStore from, RunStore to, IEnumerable<StorePath> roots, bool protect, CancellationToken cancellationToken)
    {
        var closure = new Dictionary<StorePath, PathOutline>();
        var frontier = roots.Where(r => !to.Has(r)).Distinct().ToList();
        while (frontier.Count > 0)
        {
            var next = new HashSet<StorePath>();
            foreach (var outline in await from.DescribeAsync(frontier, cancellationToken).ConfigureAwait(false))
            {
                closure[outline.Path] = outline;
                next.UnionWith(outline.References);
            }

            next.RemoveWhere(p => closure.ContainsKey(p) || to.Has(p));
            frontier = [.. next];
        }

        await to.LearnAsync(closure.Keys, protect, substitute && protect, cancellationToken).ConfigureAwait(false);
        return [.. closure.Values.Where(o => !to.Has(o.Path))];
    }

    private async Task MoveAsync(RunStore from, RunStore to, List<Request> batch, CancellationToken cancellationToken)
    {
        try
        {
            var tally = await MoveClosureAsync(from, to, batch.SelectMany(r => r.Roots), cancellationToken).ConfigureAwait(false);
            foreach (var request in batch)
            {
                request.Done.TrySetResult(tally);
                tally = default;
            }
        }
        catch (NixRemoteException exception) when (batch.Count > 1 && IsOfOnePath(exception))
        {
            // One bad path must not fail the others that happened to travel with it.
            foreach (var request in batch)
            {
                await MoveAsync(from, to, [request], cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            foreach (var request in batch)
            {
                request.Fail(exception);
            }
        }
    }

    private static bool IsOfOnePath(NixRemoteException exception) => exception.Definition.Category
        is FailureCategory.InvalidResult or FailureCategory.InvalidData or FailureCategory.ObjectNotFound or FailureCategory.SecurityError;

    private async Task<TransferTally> MoveClosureAsync(RunStore from, RunStore to, IEnumerable<StorePath> roots, CancellationToken cancellationToken)
    {
        var missing = await MissingAsync(from, to, roots, protect: true, cancellationToken).ConfigureAwait(false);
        var mine = new List<PathOutline>();
        var others = new List<Task>();
        lock (to.Arriving)
        {
            foreach (var outline in missing)
            {
                if (to.Has(outline.Path))
                {
                    continue;
                }

                if (to.Arriving.TryGetValue(outline.Path, out var arriving))
                {
                    others.Add(arriving.Task);
                }
                else
                {
                    var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    to.Arriving[outline.Path] = source;
                    mine.Add(outline);
                }
            }
        }

        Exception? failure = null;
        try
        {
            // A claim waits only for earlier claims, so no two wait for each other.
            await Task.WhenAll(others).WaitAsync(cancellationToken).ConfigureAwait(false);
            return await CopyAsync(from, to, ClosureOrder.ReferencesFirst(mine, outline => outline.Path, outline => outline.References), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            failure = exception;
            throw;
        }
        finally
        {
            Settle(to, mine, failure);
        }
    }

    private static void Settle(RunStore to, List<PathOutline> claimed, Exception? failure)
    {
        lock (to.Arriving)
        {
            foreach (var path in claimed.Select(outline => outline.Path))
            {
                to.Arriving.Remove(path, out var source);
                if (failure is null)
                {
                    to.Arrived(path);
                    source!.TrySetResult();
                }
                else
                {
                    // Some may have arrived: it must be asked again.
                    to.Unlearn([path]);
                    source!.TrySetException(failure);
                    _ = source.Task.Exception;
                }
            }
        }
    }

    private async Task<TransferTally> CopyAsync(RunStore from, RunStore to, IReadOnlyList<PathOutline> paths, CancellationToken cancellationToken)
    {
        if (paths.Count == 0)
        {
            return default;
        }

        var tally = new TransferTally(paths.Count, paths.Sum(p => p.NarSize));
        events(new BuildEvent.TransferStarted(from.Name, to.Name, tally.Paths, tally.Bytes));
        var clock = Stopwatch.StartNew();
        await from.Reading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // What is read from a disk needs no channel.
            var channels = from.Store.FileOf(paths[0].Path) is null ? Math.Min(from.TransferChannels, to.TransferChannels) : to.TransferChannels;
            var meter = new CopyMeter(tally.Paths, tally.Bytes, new Progress(from, to, events));
            await foreach (var infos in from.InfosAsync(paths, cancellationToken).ConfigureAwait(false))
            {
                await ClosureCopy.AddAsync(from.Store, to.Store, infos, channels, meter, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            from.Reading.Release();
            events(new BuildEvent.TransferEnded(from.Name, to.Name, tally.Paths, tally.Bytes, clock.Elapsed));
        }

        return tally;
    }

    private sealed class Progress(RunStore from, RunStore to, Action<BuildEvent> events) : IProgress<CopyProgress>
    {
        public void Report(CopyProgress value) => events(new BuildEvent.TransferProgress(from.Name, to.Name, value.BytesDone, value.BytesTotal));
    }

    private sealed class Lane
    {
        /// <summary>Requests whose turn has not come. Guarded by the lane.</summary>
        public List<Request> Waiting { get; set; } = [];
    }

    private sealed class Request(IReadOnlyList<StorePath> roots)
    {
        public IReadOnlyList<StorePath> Roots { get; } = roots;

        public TaskCompletionSource<TransferTally> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Fail(Exception exception)
        {
            Done.TrySetException(exception);
            _ = Done.Task.Exception;
        }
    }
}
