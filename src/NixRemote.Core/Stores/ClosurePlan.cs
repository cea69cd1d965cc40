using NixRemote.StoreObjects;

namespace NixRemote.Stores;

/// <summary>
/// What must be known of a closure before it is copied: the size of each path and what it refers to. What else a store tells of
/// them is kept as long as they are few. Of many it is asked for again as their turn comes, so that a path costs some
/// 400 bytes of memory and not the 2,500 of its info with a text for each reference.
/// </summary>
/// <param name="store">Where the paths are valid.</param>
/// <param name="keptInfos">As many infos are kept.</param>
internal sealed class ClosurePlan(INixStore store, int keptInfos = ClosurePlan.KeptInfos)
{
    /// <summary>Paths whose infos are kept.</summary>
    public const int KeptInfos = 12_288;

    /// <summary>Paths that are asked for, and sent, at a time where infos are not kept: a table of so many is not yet among the large objects, which
    /// are collected late.</summary>
    private const int Portion = 1_024;

    /// <summary>Infos after which garbage is collected.</summary>
    private const int CollectEvery = 4_096;

    /// <summary>Derivations that are read at a time; most have a few KB.</summary>
    private const int DerivationsAtATime = 512;

    /// <summary>Each so many collections one is of all generations.</summary>
    private const int AllGenerations = 8;

    private static readonly int[] NotAsked = [];

    // By a path's number. Those that are referred to have one before they are asked for, and may never be.
    private readonly Dictionary<StorePath, int> _numbers = [];
    private readonly List<StorePath> _paths = [];
    private readonly List<int[]> _references = [];
    private readonly List<long> _sizes = [];
    private List<PathInfo?>? _infos = [];
    private int _count;
    private int _sinceCollection;
    private int _collections;

    /// <summary>The paths that were asked for, with what was added on their account.</summary>
    public IEnumerable<StorePath> Paths => Members.Select(number => _paths[number]);

    private IEnumerable<int> Members => Enumerable.Range(0, _paths.Count).Where(number => _sizes[number] >= 0);

    /// <summary>Adds paths; with all that they refer to, directly or not, if that is asked for. One batch of queries for each step
    /// away from them.</summary>
    /// <returns>Those that are new here.</returns>
    /// <exception cref="NixRemoteException">PathNotValid: the store does not have one of them.</exception>
    public async Task<IReadOnlyList<StorePath>> AddAsync(IEnumerable<StorePath> paths, bool withReferences, CancellationToken cancellationToken)
    {
        var added = new List<StorePath>();
        var step = new HashSet<int>(paths.Select(NumberOf).Where(number => _sizes[number] < 0));
        while (step.Count > 0)
        {
            var next = new HashSet<int>();
            foreach (var numbers in step.Chunk(Portion))
            {
                StorePath[] asked = [.. numbers.Select(number => _paths[number])];
                var infos = await QueryAsync(asked, cancellationToken).ConfigureAwait(false);
                added.AddRange(asked);
                foreach (var number in numbers)
                {
                    Put(number, infos[_paths[number]]);
                    next.UnionWith(withReferences ? _references[number] : []);
                }

                CollectAfter(numbers.Length);
            }

            next.RemoveWhere(number => _sizes[number] >= 0);
            step = next;
        }

        return added;
    }

    /// <summary>Adds the outputs of the derivations among the paths, as far as the store has them, with all that they refer to.</summary>
    /// <exception cref="NixRemoteException">A derivation cannot be read; what the store throws.</exception>
    public async Task AddOutputsAsync(CancellationToken cancellationToken)
    {
        var derivations = Paths.Where(path => path.IsDerivation).ToList();
        while (derivations.Count > 0)
        {
            var outputs = new HashSet<StorePath>();
            foreach (var some in derivations.Chunk(DerivationsAtATime))
            {
                var files = await store.ReadFilesAsync(some, StoreObjectLimits.DerivationBytes, cancellationToken).ConfigureAwait(false);
                outputs.UnionWith(some.SelectMany(path => DerivationParser.Parse(path, files[path].Span).Outputs).Select(output => output.Path).OfType<StorePath>());
            }

            outputs.RemoveWhere(path => _numbers.TryGetValue(path, out var number) && _sizes[number] >= 0);
            var valid = await store.QueryValidPathsAsync(outputs, protect: false, substitute: false, cancellationToken).ConfigureAwait(false);

            // An output may be a derivation itself, or refer to one.
            derivations = [.. (await AddAsync(valid, withReferences: true, cancellationToken).ConfigureAwait(false)).Where(path => path.IsDerivation)];
        }
    }

    /// <summary>The numbers of the paths that a store lacks, references first.</summary>
    /// <exception cref="NixRemoteException">ProtocolViolation: they refer to one another in a circle.</exception>
    public IReadOnlyList<int> Missing(IReadOnlySet<StorePath> valid)
    {
        var missing = new bool[_paths.Count];
        foreach (var number in Members)
        {
            missing[number] = !valid.Contains(_paths[number]);
        }

        return ClosureOrder.ReferencesFirst(_references, missing, PathOf);
    }

    /// <summary>A path by its number.</summary>
    public StorePath PathOf(int number) => _paths[number];

    /// <summary>Bytes of a path's archive.</summary>
    public long SizeOf(int number) => _sizes[number];

    /// <summary>The infos of paths, in portions that are asked for when their turn comes, or all at once if they are here.</summary>
    /// <exception cref="NixRemoteException">PathNotValid: one is gone by now. ProtocolViolation: one is not what it was.</exception>
    public async IAsyncEnumerable<IReadOnlyList<PathInfo>> InfosAsync(IReadOnlyList<int> numbers, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_infos is not null)
        {
            yield return [.. numbers.Select(number => _infos[number]!)];
            yield break;
        }

        foreach (var portion in numbers.Chunk(Portion))
        {
            var infos = await QueryAsync([.. portion.Select(PathOf)], cancellationToken).ConfigureAwait(false);
            yield return [.. portion.Select(number => Same(number, infos[_paths[number]]))];
            CollectAfter(portion.Length);
        }
    }

    private async Task<IReadOnlyDictionary<StorePath, PathInfo>> QueryAsync(IReadOnlyCollection<StorePath> paths, CancellationToken cancellationToken)
    {
        var infos = await store.QueryPathInfosAsync(paths, cancellationToken).ConfigureAwait(false);
        return paths.FirstOrDefault(path => !infos.ContainsKey(path)) is { } missing ? throw NixStoreExtensions.NotValid(store, missing) : infos;
    }

    // Nothing of a portion is needed after it. Left to itself the collector waits for as much garbage as the processor's caches hold, which on
    // a large server is more than all the rest of a copy.
    private void CollectAfter(int infos)
    {
        if ((_sinceCollection += infos) >= CollectEvery)
        {
            _sinceCollection = 0;

            // From time to time the large objects too: the tables that became too small.
            GC.Collect(++_collections % AllGenerations == 0 ? GC.MaxGeneration : 1, GCCollectionMode.Forced, blocking: true, compacting: false);
        }
    }

    private int NumberOf(StorePath path)
    {
        if (!_numbers.TryGetValue(path, out var number))
        {
            _numbers[path] = number = _paths.Count;
            _paths.Add(path);
            _references.Add(NotAsked);
            _sizes.Add(-1);
            _infos?.Add(null);
        }

        return number;
    }

    private void Put(int number, PathInfo info)
    {
        _references[number] = [.. info.References.Select(NumberOf)];
        _sizes[number] = info.NarSize;
        if (++_count > keptInfos && _infos is not null)
        {
            // They are old by now, and would stay for long.
            _infos = null;
            GC.Collect();
        }

        // Each path is one text, however many refer to it.
        _infos?[number] = info with { Path = _paths[number], References = Array.ConvertAll(_references[number], PathOf) };
    }

    // What was planned for it must still hold: references that were sent before it, and the size that was told.
    private PathInfo Same(int number, PathInfo info) =>
        info.NarSize == _sizes[number] && info.References.Select(r => _numbers.GetValueOrDefault(r, -1)).SequenceEqual(_references[number])
            ? info
            : throw new NixRemoteException(NixErrors.ProtocolViolation, $"{store.Name} tells something else of '{info.Path}' than before: it was replaced while the closure was copied.")
            {
                Builder = store.Name,
                Target = info.Path.ToString(),
            };
}
