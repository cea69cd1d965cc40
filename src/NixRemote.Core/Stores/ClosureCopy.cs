using System.Diagnostics;
using NixRemote.StoreObjects;

namespace NixRemote.Stores;

/// <summary>Copies closures from store to store: one validity query, then one stream of what is missing.</summary>
public static class ClosureCopy
{
    /// <summary>Channels of one copy at most: as many as one SSH connection has.</summary>
    private const int MaxChannels = 8;

    /// <summary>Bytes that are worth several channels.</summary>
    private const long ManyBytes = 16L << 20;

    /// <summary>From here on one channel does not fill a link of 200 MB/s.</summary>
    private static readonly TimeSpan LongRoundTrip = TimeSpan.FromMilliseconds(10);

    /// <summary>Copies paths, with all that they refer to, as far as the destination lacks them.</summary>
    /// <param name="from">Where they are valid.</param>
    /// <param name="to">Where they shall be.</param>
    /// <param name="roots">The paths.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Told of bytes as they leave, not more often than for each path or MiB.</param>
    /// <param name="cancellationToken">Ends it; paths that were complete stay.</param>
    /// <exception cref="NixRemoteException">PathNotValid: <paramref name="from"/> does not have a path.
    /// What either store throws.</exception>
    public static async Task<CopyResult> CopyClosureAsync(
        INixStore from,
        INixStore to,
        IReadOnlyCollection<StorePath> roots,
        CopyOptions options,
        IProgress<CopyProgress>? progress,
        CancellationToken cancellationToken)
    {
        // The destination is reached while the closure is asked for.
        var reached = to is IBuildStore store ? store.ConnectAsync(cancellationToken) : Task.CompletedTask;
        var plan = new ClosurePlan(from);
        try
        {
            await plan.AddAsync(roots, options.IncludeClosure, cancellationToken).ConfigureAwait(false);
            if (options.IncludeOutputs)
            {
                await plan.AddOutputsAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            // Its failure counts only if the closure is known; disposing the store ends it in the other case.
            _ = reached.ContinueWith(t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }

        await reached.ConfigureAwait(false);
        var valid = await plan.QueryValidAsync(to, among: null, protect: false, options.Substitute, cancellationToken).ConfigureAwait(false);
        if (options.Protect && valid.Contains(true) && valid.Count(isValid => isValid) < plan.Count)
        {
            // What is there need only stay if something comes that refers to it; some may have been collected by now.
            valid = await plan.QueryValidAsync(to, valid, protect: true, substitute: false, cancellationToken).ConfigureAwait(false);
        }

        var missing = plan.Missing(valid);
        var bytes = missing.Sum(plan.SizeOf);
        if (missing.Count > 0)
        {
            var channels = Math.Min(Math.Min(from.Channels, to.Channels), MaxChannels);
            var meter = new CopyMeter(missing.Count, bytes, progress);
            await foreach (var infos in plan.InfosAsync(missing, cancellationToken).ConfigureAwait(false))
            {
                await AddAsync(from, to, infos, channels, meter, cancellationToken).ConfigureAwait(false);
            }
        }

        return new CopyResult(plan.PathsOf(missing), plan.PathsOf(plan.Present(valid)), bytes);
    }

    /// <summary>The infos of paths and of all that they refer to, directly or not. One batch of queries for each step away
    /// from the roots.</summary>
    /// <exception cref="NixRemoteException">PathNotValid: the store does not have one of them.</exception>
    public static async Task<IReadOnlyDictionary<StorePath, PathInfo>> QueryClosureAsync(
        INixStore store, IReadOnlyCollection<StorePath> roots, CancellationToken cancellationToken)
    {
        var closure = new Dictionary<StorePath, PathInfo>();
        for (var step = roots.ToHashSet(); step.Count > 0;)
        {
            var next = new HashSet<StorePath>();
            foreach (var (path, info) in await QueryAllAsync(store, step, cancellationToken).ConfigureAwait(false))
            {
                closure.Add(path, info);
                next.UnionWith(info.References);
            }

            next.ExceptWith(closure.Keys);
            step = next;
        }

        return closure;
    }

    private static async Task<IReadOnlyDictionary<StorePath, PathInfo>> QueryAllAsync(
        INixStore store, IReadOnlyCollection<StorePath> paths, CancellationToken cancellationToken)
    {
        var infos = await store.QueryPathInfosAsync(paths, cancellationToken).ConfigureAwait(false);
        return paths.FirstOrDefault(path => !infos.ContainsKey(path)) is { } missing
            ? throw NixStoreExtensions.NotValid(store, missing)
            : infos;
    }

    /// <summary>Adds paths over one channel, or over several where that is faster: one carries the server's receive window in a round trip, 2 MiB with
    /// OpenSSH, so that 50 ms are 40 MB/s whatever the link. Several carry as many, but a short way is filled by one.</summary>
    /// <param name="from">Where they are valid.</param>
    /// <param name="to">Where they shall be.</param>
    /// <param name="missing">The paths, references first.</param>
    /// <param name="channels">The most channels.</param>
    /// <param name="meter">Reads and counts them.</param>
    /// <param name="cancellationToken">Ends it; paths that were complete stay.</param>
    internal static async Task AddAsync(
        INixStore from, INixStore to, IReadOnlyList<PathInfo> missing, int channels, CopyMeter meter, CancellationToken cancellationToken)
    {
        if (channels < 2 || missing.Count < 2 || missing.Sum(info => info.NarSize) < ManyBytes
            || await RoundTripAsync(to, missing[0].Path, cancellationToken).ConfigureAwait(false) < LongRoundTrip)
        {
            await to.AddPathsAsync(missing.Count, meter.ReadAsync(from, missing, cancellationToken), cancellationToken).ConfigureAwait(false);
            return;
        }

        foreach (var round in UploadPlan.Split(missing, channels))
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var shares = round.Select(share => AddShareAsync(share)).ToList();
            try
            {
                await Task.WhenAll(shares).ConfigureAwait(false);
            }
            catch (Exception)
            {
                // The others were only stopped because of the first that failed.
                cancellationToken.ThrowIfCancellationRequested();
                var failed = shares.Find(share => share.IsFaulted) ?? shares.First(share => share.IsCanceled);
                await failed.ConfigureAwait(false);
            }

            async Task AddShareAsync(IReadOnlyList<PathInfo> share)
            {
                try
                {
                    await to.AddPathsAsync(share.Count, meter.ReadAsync(from, share, stop.Token), stop.Token).ConfigureAwait(false);
                }
                catch (Exception)
                {
                    await stop.CancelAsync().ConfigureAwait(false);
                    throw;
                }
            }
        }
    }

    private static async Task<TimeSpan> RoundTripAsync(INixStore store, StorePath path, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        await store.QueryValidPathsAsync([path], protect: false, substitute: false, cancellationToken).ConfigureAwait(false);
        return clock.Elapsed;
    }
}
