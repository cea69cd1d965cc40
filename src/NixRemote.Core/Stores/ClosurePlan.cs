using NixRemote.StoreObjects;

namespace NixRemote.Stores;

/// <summary>
/// What must be known of a closure before it is copied: the size of each path and what it refers to. What else a store tells of
/// them is kept as long as they are few. Of many it is asked for again as their turn comes, so that a path costs some 130 bytes of
/// memory and not the 2,500 of its info with a text for each reference.
/// </summary>
/// <param name="store">Where the paths are valid.</param>
/// <param name="keptInfos">As many infos are kept.</param>
/// <param name="maxPaths">More paths are refused.</param>
/// <param name="maxReferences">More references, of all paths together, are refused.</param>
internal sealed class ClosurePlan(
    INixStore store,
    int keptInfos = ClosurePlan.KeptInfos,
    int maxPaths = StoreObjectLimits.ClosurePaths,
    int maxReferences = StoreObjectLimits.ClosureReferences)
{
    /// <summary>Paths whose infos are kept.</summary>
    public const int KeptInfos = 12_288;

    /// <summary>Paths that are asked for, and sent, at a time where infos are not kept: a table of so many is not yet among the large objects, which
    /// are collected late.</summary>
    private const int Portion = 1_024;

    /// <summary>Paths whose validity is asked for at a time where infos are not kept.</summary>
    private const int ValidityPortion = 4_096;

    /// <summary>Infos after which garbage is collected.</summary>
    private const int CollectEvery = 4_096;

    /// <summary>Derivations that are read at a time; most have a few KB.</summary>
    private const int DerivationsAtATime = 512;

    /// <summary>Each so many collections one is of all generations.</summary>
    private const int AllGenerations = 8;

    // Instead of a size.
    private const long NotAsked = -1;
    private const long ToBeAsked = -2;

    // By a path's number. Those that are referred to have one before they are asked for, and may never be.
    private readonly PackedPaths _paths = new();
    private readonly ChunkedList<long> _sizes = new();
    private readonly ChunkedList<int> _references = new();
    private readonly ChunkedList<(int Start, int Count)> _places = new();

    // Each path as one object, and its info.
    private List<(StorePath Path, PathInfo? Info)>? _kept = [];
    private int _sinceCollection;
    private int _collections;

    /// <summary>How many paths were asked for, with what was added on their account.</summary>
    public int Count { get; private set; }

    /// <summary>Their numbers.</summary>
    public IEnumerable<int> Numbers => Enumerable.Range(0, _paths.Count).Where(number => _sizes[number] >= 0);

    /// <summary>Adds paths; with all that they refer to, directly or not, if that is asked for. One batch of queries for each step
    /// away from them.</summary>
    /// <returns>The numbers of those that are new here.</returns>
    /// <exception cref="NixRemoteException">PathNotValid: the store does not have one of them.</exception>
    public async Task<IReadOnlyList<int>> AddAsync(IEnumerable<StorePath> paths, bool withReferences, CancellationToken cancellationToken)
    {
        var added = new List<int>();
        var step = paths.Select(NumberOf).Where(IsNew).ToList();
        while (step.Count > 0)
        {
            var next = new List<int>();
            foreach (var numbers in step.Chunk(Portion))
            {
                var infos = await QueryAsync(Array.ConvertAll(numbers, PathOf), cancellationToken).ConfigureAwait(false);
                added.AddRange(numbers);
                foreach (var number in numbers)
                {
                    Put(number, infos[PathOf(number)]);
                    if (withReferences)
                    {
                        next.AddRange(ReferencesOf(number).Where(IsNew));
                    }
                }

                CollectAfter(numbers.Length);
            }

            step = next;
        }

        return added;
    }

    /// <summary>Adds the outputs of the derivations among the paths, as far as the store has them, with all that they refer to.</summary>
    /// <exception cref="NixRemoteException">A derivation cannot be read; what the store throws.</exception>
    public async Task AddOutputsAsync(CancellationToken cancellationToken)
    {
        var derivations = Numbers.Select(PathOf).Where(path => path.IsDerivation).ToList();
        while (derivations.Count > 0)
        {
            var outputs = new HashSet<StorePath>();
            foreach (var some in derivations.Chunk(DerivationsAtATime))
            {
                var files = await store.ReadFilesAsync(some, StoreObjectLimits.DerivationBytes, cancellationToken).ConfigureAwait(false);
                outputs.UnionWith(some.SelectMany(path => DerivationParser.Parse(path, files[path].Span).Outputs).Select(output => output.Path).OfType<StorePath>());
            }

            outputs.RemoveWhere(path => _paths.Find(path) is >= 0 and var number && _sizes[number] >= 0);
            var valid = await store.QueryValidPathsAsync(outputs, protect: false, substitute: false, cancellationToken).ConfigureAwait(false);

            // An output may be a derivation itself, or refer to one.
            var added = await AddAsync(valid, withReferences: true, cancellationToken).ConfigureAwait(false);
            derivations = [.. added.Select(PathOf).Where(path => path.IsDerivation)];
        }
    }

    /// <summary>Asks a store which of the paths it has.</summary>
    /// <param name="at">The store.</param>
    /// <param name="among">By number: those that are asked for; null for all.</param>
    /// <param name="protect">Whether its garbage collector shall leave them alone.</param>
    /// <param name="substitute">Whether it shall fetch what it lacks.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>By number.</returns>
    public async Task<bool[]> QueryValidAsync(INixStore at, bool[]? among, bool protect, bool substitute, CancellationToken cancellationToken)
    {
        var valid = new bool[_paths.Count];
        foreach (var numbers in Numbers.Where(number => among?[number] ?? true).Chunk(_kept is null ? ValidityPortion : Math.Max(1, Count)))
        {
            var paths = Array.ConvertAll(numbers, PathOf);
            var there = await at.QueryValidPathsAsync(paths, protect, substitute, cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < numbers.Length; i++)
            {
                valid[numbers[i]] = there.Contains(paths[i]);
            }

            CollectAfter(numbers.Length);
        }

        return valid;
    }

    /// <summary>The numbers of the paths that a store lacks, references first.</summary>
    /// <param name="valid">By number: those that it has.</param>
    /// <exception cref="NixRemoteException">ProtocolViolation: they refer to one another in a circle.</exception>
    public IReadOnlyList<int> Missing(bool[] valid)
    {
        var missing = new bool[_paths.Count];
        foreach (var number in Numbers)
        {
            missing[number] = !valid[number];
        }

        return ClosureOrder.ReferencesFirst(number => _places[number].Count, (number, index) => _references[_places[number].Start + index], missing, PathOf);
    }

    /// <summary>The numbers of the paths that a store has, in the order of the paths.</summary>
    /// <param name="valid">By number: those that it has.</param>
    public IReadOnlyList<int> Present(bool[] valid)
    {
        var present = Numbers.Where(number => valid[number]).ToList();
        present.Sort(_paths.Compare);
        return present;
    }

    /// <summary>A path by its number.</summary>
    public StorePath PathOf(int number) => _kept is null ? _paths[number] : _kept[number].Path;

    /// <summary>Paths by their numbers, without an object for each.</summary>
    public IReadOnlyList<StorePath> PathsOf(IReadOnlyList<int> numbers) => new PathList(_paths, numbers);

    /// <summary>Bytes of a path's archive.</summary>
    public long SizeOf(int number) => _sizes[number];

    /// <summary>The infos of paths, in portions that are asked for when their turn comes, or all at once if they are here.</summary>
    /// <exception cref="NixRemoteException">PathNotValid: one is gone by now. ProtocolViolation: one is not what it was.</exception>
    public async IAsyncEnumerable<IReadOnlyList<PathInfo>> InfosAsync(IReadOnlyList<int> numbers, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_kept is not null)
        {
            yield return [.. numbers.Select(number => _kept[number].Info!)];
            yield break;
        }

        foreach (var portion in numbers.Chunk(Portion))
        {
            var infos = await QueryAsync([.. portion.Select(PathOf)], cancellationToken).ConfigureAwait(false);
            yield return [.. portion.Select(number => Same(number, infos[PathOf(number)]))];
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
        var number = _paths.Add(path);
        if (number == _sizes.Count)
        {
            Check(number + 1, maxPaths, "paths");
            _sizes.Add(NotAsked);
            _places.Add(default);
            _kept?.Add((path, null));
        }

        return number;
    }

    /// <summary>Whether a path was not asked for and will not be already; then it will be.</summary>
    private bool IsNew(int number)
    {
        if (_sizes[number] != NotAsked)
        {
            return false;
        }

        _sizes[number] = ToBeAsked;
        return true;
    }

    private IEnumerable<int> ReferencesOf(int number)
    {
        var (start, count) = _places[number];
        return Enumerable.Range(start, count).Select(index => _references[index]);
    }

    private void Put(int number, PathInfo info)
    {
        var start = _references.Count;
        Check((long)start + info.References.Count, maxReferences, "references");
        foreach (var reference in info.References)
        {
            _references.Add(NumberOf(reference));
        }

        _places[number] = (start, info.References.Count);
        _sizes[number] = info.NarSize;
        if (++Count > keptInfos && _kept is not null)
        {
            // They are old by now, and would stay for long.
            _kept = null;
            GC.Collect();
        }

        if (_kept is not null)
        {
            // Each path is one text, however many refer to it.
            var path = _kept[number].Path;
            _kept[number] = (path, info with { Path = path, References = [.. ReferencesOf(number).Select(PathOf)] });
        }
    }

    // A store may tell of ever more.
    private void Check(long count, int limit, string of)
    {
        if (count > limit)
        {
            throw new NixRemoteException(NixErrors.LimitExceeded, $"{store.Name} tells of a closure of more than {limit} {of}.") { Builder = store.Name };
        }
    }

    // What was planned for it must still hold: references that were sent before it, and the size that was told.
    private PathInfo Same(int number, PathInfo info) =>
        info.NarSize == _sizes[number] && info.References.Select(_paths.Find).SequenceEqual(ReferencesOf(number))
            ? info
            : throw new NixRemoteException(NixErrors.ProtocolViolation, $"{store.Name} tells something else of '{info.Path}' than before: it was replaced while the closure was copied.")
            {
                Builder = store.Name,
                Target = info.Path.ToString(),
            };
}
