using System.Runtime.CompilerServices;
using NixRemote.StoreObjects;

namespace NixRemote.Stores;

/// <summary>Copies closures from store to store: one validity query, then one stream of what is missing.</summary>
public static class ClosureCopy
{
    private const long ReportEveryBytes = 1024 * 1024;

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
        IReadOnlyDictionary<StorePath, PathInfo> infos;
        try
        {
            infos = options.IncludeClosure
                ? await QueryClosureAsync(from, roots, cancellationToken).ConfigureAwait(false)
                : await QueryAllAsync(from, roots, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Its failure counts only if the closure is known; disposing the store ends it in the other case.
            _ = reached.ContinueWith(t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }

        await reached.ConfigureAwait(false);
        var valid = await to.QueryValidPathsAsync([.. infos.Keys], options.Protect, options.Substitute, cancellationToken).ConfigureAwait(false);
        var missing = ClosureOrder.ReferencesFirst([.. infos.Values.Where(info => !valid.Contains(info.Path))]);
        if (missing.Count > 0)
        {
            await to.AddPathsAsync(missing.Count, ReadAsync(from, missing, progress, cancellationToken), cancellationToken)
                .ConfigureAwait(false);
        }

        return new CopyResult(
            [.. missing.Select(info => info.Path)],
            [.. infos.Keys.Where(valid.Contains).Order()],
            missing.Sum(info => info.NarSize));
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

    private static async IAsyncEnumerable<NarItem> ReadAsync(
        INixStore from,
        IReadOnlyList<PathInfo> paths,
        IProgress<CopyProgress>? progress,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var total = paths.Sum(info => info.NarSize);
        var bytes = 0L;
        var reported = 0L;
        var done = 0;
        await foreach (var item in from.ReadNarsAsync(paths, cancellationToken))
        {
            if (progress is null)
            {
                yield return item;
                continue;
            }

            await using var counted = new CountingStream(item.Nar, read =>
            {
                bytes += read;
                if (bytes - reported >= ReportEveryBytes)
                {
                    reported = bytes;
                    progress.Report(new CopyProgress(item.Info.Path, done, paths.Count, bytes, total));
                }
            });
            yield return item with { Nar = counted };
            done++;
            reported = bytes;
            progress.Report(new CopyProgress(item.Info.Path, done, paths.Count, bytes, total));
        }
    }
}
