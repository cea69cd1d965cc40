using System.Collections.Concurrent;
using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Builds;

/// <summary>A store that takes part in a run, with what is known of it.</summary>
/// <param name="store">The store.</param>
/// <param name="jobs">Builds that it has of this run at most.</param>
internal sealed class RunStore(INixStore store, int jobs = 0)
{
    /// <summary>Transfers that may write to one store, and read from it, at a time; a pool needs as many connections beside
    /// those of its builds. Two, so that a small path need not wait for a big one.</summary>
    public const int TransfersEachWay = 2;

    /// <summary>Channels of one transfer at most: what four carry over a round trip of 50 ms is more than most links do.</summary>
    public const int MaxTransferChannels = 4;

    /// <summary>Channels of one transfer: so many that all transfers and builds have theirs at the same time, for one that waited for another's would
    /// hold what that one waits for.</summary>
    public int TransferChannels { get; } = Math.Clamp((store.Channels - jobs - 1) / (2 * TransfersEachWay), 1, MaxTransferChannels);

    /// <summary>The store.</summary>
    public INixStore Store { get; } = store;

    /// <summary>Its name in messages.</summary>
    public string Name => Store.Name;

    /// <summary>Paths that were asked for or moved, and whether they are valid there.</summary>
    public ConcurrentDictionary<StorePath, bool> Known { get; } = new();

    /// <summary>Paths that its garbage collector leaves alone for this run: built or added over our connections, or asked for
    /// with protection.</summary>
    public ConcurrentDictionary<StorePath, bool> Protected { get; } = new();

    /// <summary>Path infos that it gave.</summary>
    public ConcurrentDictionary<StorePath, PathInfo> Infos { get; } = new();

    /// <summary>Paths on their way to it. Guarded by itself.</summary>
    public Dictionary<StorePath, TaskCompletionSource> Arriving { get; } = [];

    /// <summary>Held while writing to it, taken before <see cref="Reading"/> of another: so no two transfers wait for each other.</summary>
    public SemaphoreSlim Writing { get; } = new(TransfersEachWay);

    /// <summary>Held while reading archives from it.</summary>
    public SemaphoreSlim Reading { get; } = new(TransfersEachWay);

    /// <summary>Whether the path is known to be valid there.</summary>
    public bool Has(StorePath path) => Known.TryGetValue(path, out var valid) && valid;

    /// <summary>Asks for the paths that are not known yet.</summary>
    public async Task LearnAsync(IEnumerable<StorePath> paths, bool protect, bool substitute, CancellationToken cancellationToken)
    {
        var unknown = paths.Where(p => !Known.ContainsKey(p)).Distinct().ToList();
        if (unknown.Count == 0)
        {
            return;
        }

        var valid = await Store.QueryValidPathsAsync(unknown, protect, substitute, cancellationToken).ConfigureAwait(false);
        foreach (var path in unknown)
        {
            Known[path] = valid.Contains(path);
            if (protect)
            {
                Protected[path] = true;
            }
        }
    }

    /// <summary>Lets the store fetch paths from its substituters.</summary>
    public async Task SubstituteAsync(IReadOnlyCollection<StorePath> paths, CancellationToken cancellationToken)
    {
        if (paths.Count > 0)
        {
            foreach (var path in await Store.QueryValidPathsAsync(paths, protect: true, substitute: true, cancellationToken).ConfigureAwait(false))
            {
                Arrived(path);
            }
        }
    }

    /// <summary>Protects paths that were valid when they were asked for; those that are gone since then are forgotten.</summary>
    public async Task ProtectAsync(IEnumerable<StorePath> paths, CancellationToken cancellationToken)
    {
        var open = paths.Where(p => Has(p) && !Protected.ContainsKey(p)).ToList();
        foreach (var path in open)
        {
            Known.TryRemove(path, out _);
        }

        await LearnAsync(open, protect: true, substitute: false, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Notes that a path was built or added there.</summary>
    public void Arrived(StorePath path)
    {
        Known[path] = true;
        Protected[path] = true;
    }

    /// <summary>Forgets what is valid and protected there: after its connections broke nothing of it is sure.</summary>
    public void Forget()
    {
        Known.Clear();
        Protected.Clear();
        Infos.Clear();
    }

    /// <summary>The infos of those of the paths that are valid there.</summary>
    public async Task<IEnumerable<PathInfo>> FindInfosAsync(IEnumerable<StorePath> paths, CancellationToken cancellationToken)
    {
        var all = paths.Distinct().ToList();
        var unknown = all.Where(p => !Infos.ContainsKey(p)).ToList();
        if (unknown.Count > 0)
        {
            foreach (var (path, info) in await Store.QueryPathInfosAsync(unknown, cancellationToken).ConfigureAwait(false))
            {
                Infos[path] = info;
            }
        }

        return all.Where(Infos.ContainsKey).Select(p => Infos[p]);
    }

    /// <summary>The infos of paths that must be valid there.</summary>
    /// <exception cref="NixRemoteException">PathNotValid.</exception>
    public async Task<IReadOnlyList<PathInfo>> DescribeAsync(IReadOnlyCollection<StorePath> paths, CancellationToken cancellationToken)
    {
        var unknown = paths.Where(p => !Infos.ContainsKey(p)).Distinct().ToList();
        if (unknown.Count > 0)
        {
            var infos = await Store.QueryPathInfosAsync(unknown, cancellationToken).ConfigureAwait(false);
            foreach (var path in unknown)
            {
                Infos[path] = infos.TryGetValue(path, out var info)
                    ? info
                    : throw new NixRemoteException(NixErrors.PathNotValid, $"{Name} does not have {path}.") { Builder = Name, Target = path.ToString() };
            }
        }

        return [.. paths.Select(p => Infos[p])];
    }
}
