using System.Runtime.CompilerServices;
using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Builds;

/// <summary>A store that takes part in a run, with what is known of it.</summary>
/// <param name="store">The store.</param>
/// <param name="paths">The paths of the run.</param>
/// <param name="jobs">Builds that it has of this run at most.</param>
internal sealed class RunStore(INixStore store, PathTable paths, int jobs = 0)
{
    /// <summary>Transfers that may write to one store, and read from it, at a time; a pool needs as many connections beside
    /// those of its builds. Two, so that a small path need not wait for a big one.</summary>
    public const int TransfersEachWay = 2;

    /// <summary>Channels of one transfer at most: what four carry over a round trip of 50 ms is more than most links do.</summary>
    public const int MaxTransferChannels = 4;

    /// <summary>Infos that are asked for at a time, so that no more of them are held with a text of their own for each reference.</summary>
    private const int InfosAtATime = 4_096;

    private readonly object _lock = new();

    // By the paths' numbers.
    private PathState[] _states = [];
    private PathOutline?[] _outlines = [];

    // In whose name infos are kept; another one after each Forget.
    private object _teller = new();

    [Flags]
    private enum PathState : byte
    {
        Unknown = 0,
        Valid = 1,
        Invalid = 2,

        /// <summary>Its garbage collector leaves it alone for this run: it was built or added over our connections, or asked for with protection.</summary>
        Protected = 4,
    }

    /// <summary>Channels of one transfer: so many that all transfers and builds have theirs at the same time, for one that waited for another's would
    /// hold what that one waits for.</summary>
    public int TransferChannels { get; } = Math.Clamp((store.Channels - jobs - 1) / (2 * TransfersEachWay), 1, MaxTransferChannels);

    /// <summary>The store.</summary>
    public INixStore Store { get; } = store;

    /// <summary>Its name in messages.</summary>
    public string Name => Store.Name;

    /// <summary>Paths on their way to it. Guarded by itself.</summary>
    public Dictionary<StorePath, TaskCompletionSource> Arriving { get; } = [];

    /// <summary>Held while writing to it, taken before <see cref="Reading"/> of another: so no two transfers wait for each other.</summary>
    public SemaphoreSlim Writing { get; } = new(TransfersEachWay);

    /// <summary>Held while reading archives from it.</summary>
    public SemaphoreSlim Reading { get; } = new(TransfersEachWay);

    /// <summary>Whether the path is known to be valid there.</summary>
    public bool Has(StorePath path) => StateOf(path).HasFlag(PathState.Valid);

    /// <summary>Whether the path is known not to be valid there.</summary>
    public bool Lacks(StorePath path) => StateOf(path).HasFlag(PathState.Invalid);

    /// <summary>Whether the path was asked for or moved.</summary>
    public bool Knows(StorePath path) => (StateOf(path) & (PathState.Valid | PathState.Invalid)) != 0;

    /// <summary>Asks for the paths that are not known yet.</summary>
    public async Task LearnAsync(IEnumerable<StorePath> paths, bool protect, bool substitute, CancellationToken cancellationToken)
    {
        var unknown = paths.Where(p => !Knows(p)).Distinct().ToList();
        if (unknown.Count == 0)
        {
            return;
        }

        var valid = await Store.QueryValidPathsAsync(unknown, protect, substitute, cancellationToken).ConfigureAwait(false);
        foreach (var path in unknown)
        {
            Note(path, valid.Contains(path) ? PathState.Valid : PathState.Invalid, protect);
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
        var open = paths.Where(p => (StateOf(p) & (PathState.Valid | PathState.Protected)) == PathState.Valid).ToList();
        Unlearn(open);
        await LearnAsync(open, protect: true, substitute: false, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Notes that a path was built or added there.</summary>
    public void Arrived(StorePath path) => Note(path, PathState.Valid, isProtected: true);

    /// <summary>Forgets whether paths are valid: they must be asked for again.</summary>
    public void Unlearn(IEnumerable<StorePath> paths)
    {
        foreach (var path in paths)
        {
            Note(path, PathState.Unknown, isProtected: false);
        }
    }

    /// <summary>Forgets what is valid and protected there, and what was told of it: after its connections broke nothing of it is sure.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            (_states, _outlines, _teller) = ([], [], new object());
        }
    }

    /// <summary>What it tells of those of the paths that are valid there; each may be given once.</summary>
    public async Task<IEnumerable<PathOutline>> FindAsync(IReadOnlyList<StorePath> paths, CancellationToken cancellationToken) =>
        (await OutlinesAsync(paths, cancellationToken).ConfigureAwait(false)).OfType<PathOutline>();

    /// <summary>What it tells of paths that must be valid there; each may be given once.</summary>
    /// <exception cref="NixRemoteException">PathNotValid.</exception>
    public async Task<IReadOnlyList<PathOutline>> DescribeAsync(IReadOnlyList<StorePath> paths, CancellationToken cancellationToken)
    {
        var outlines = await OutlinesAsync(paths, cancellationToken).ConfigureAwait(false);
        return [.. outlines.Select((outline, i) => outline ?? throw NixStoreExtensions.NotValid(Store, paths[i]))];
    }

    /// <summary>The infos of paths that are sent from here, in portions if they are many. Those that are not kept any more are asked for again.</summary>
    /// <exception cref="NixRemoteException">PathNotValid: one is gone by now. ProtocolViolation: one is not what it was.</exception>
    public async IAsyncEnumerable<IReadOnlyList<PathInfo>> InfosAsync(IReadOnlyList<PathOutline> outlines, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var portion in outlines.Chunk(outlines.Count <= paths.Infos.Kept ? paths.Infos.Kept : InfosAtATime))
        {
            var teller = _teller;
            var infos = portion.Select(outline => paths.Infos.Find(teller, outline.Path)).ToArray();
            var open = Enumerable.Range(0, portion.Length).Where(i => infos[i] is null).ToList();
            await foreach (var (i, info) in AskAsync([.. open.Select(i => portion[i].Path)], cancellationToken).ConfigureAwait(false))
            {
                infos[open[i]] = info;
            }

            yield return [.. portion.Select((outline, i) => Planned(outline, infos[i]))];
        }
    }

    // What was planned for a path must still hold: references that were sent before it, and the size that was told.
    private PathInfo Planned(PathOutline outline, PathInfo? info) =>
        info is null ? throw NixStoreExtensions.NotValid(Store, outline.Path)
        : outline.Plans(info) ? info
        : throw new NixRemoteException(NixErrors.ProtocolViolation, $"{Name} tells something else of '{info.Path}' than before: it was replaced while it was to be sent.")
        {
            Builder = Name,
            Target = info.Path.ToString(),
        };

    private async Task<PathOutline?[]> OutlinesAsync(IReadOnlyList<StorePath> asked, CancellationToken cancellationToken)
    {
        var outlines = asked.Select(OutlineOf).ToArray();
        var open = Enumerable.Range(0, asked.Count).Where(i => outlines[i] is null).ToList();
        await foreach (var (i, info) in AskAsync([.. open.Select(i => asked[i])], cancellationToken).ConfigureAwait(false))
        {
            outlines[open[i]] = paths.OutlineOf(info);
        }

        return outlines;
    }

    /// <summary>Asks for infos, and keeps what is told.</summary>
    /// <returns>Those of valid paths, with their places among the asked.</returns>
    private async IAsyncEnumerable<(int Index, PathInfo Info)> AskAsync(IReadOnlyList<StorePath> asked, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var teller = _teller;
        var first = 0;
        foreach (var portion in asked.Chunk(InfosAtATime))
        {
            var told = await Store.QueryPathInfosAsync(portion, cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < portion.Length; i++)
            {
                if (told.TryGetValue(portion[i], out var info))
                {
                    yield return (first + i, Keep(teller, info));
                }
            }

            first += portion.Length;
        }
    }

    private PathInfo Keep(object teller, PathInfo told)
    {
        var outline = paths.OutlineOf(told);

        // Each path is one text, however many refer to it.
        var info = told with { Path = outline.Path, References = outline.References };
        lock (_lock)
        {
            if (teller == _teller)
            {
                At(ref _outlines, outline.Path) = outline;
            }
        }

        paths.Infos.Put(teller, info);
        return info;
    }

    private PathOutline? OutlineOf(StorePath path)
    {
        var number = paths.Find(path);
        lock (_lock)
        {
            return number >= 0 && number < _outlines.Length ? _outlines[number] : null;
        }
    }

    private PathState StateOf(StorePath path)
    {
        var number = paths.Find(path);
        lock (_lock)
        {
            return number >= 0 && number < _states.Length ? _states[number] : PathState.Unknown;
        }
    }

    private void Note(StorePath path, PathState validity, bool isProtected)
    {
        lock (_lock)
        {
            ref var state = ref At(ref _states, path);
            state = validity | (state & PathState.Protected) | (isProtected ? PathState.Protected : PathState.Unknown);
        }
    }

    private ref T At<T>(ref T[] table, StorePath path)
    {
        var number = paths.NumberOf(path);
        if (number >= table.Length)
        {
            Array.Resize(ref table, Math.Max(number + 1, 2 * table.Length));
        }

        return ref table[number];
    }
}
