using NixRemote.StoreObjects;

namespace NixRemote.Builds;

/// <summary>
/// The paths that a run has to do with, for all its stores: each is one object and has a number, whoever tells of it and however many refer to
/// it. Of a described one that is some 400 bytes, where its info as it comes over a connection has 2,500; and each store adds 9.
/// </summary>
/// <remarks>What a store tells stays its own: two stores have the same outline only if both told all that is in it. Safe for calls at the same time.</remarks>
/// <param name="keptInfos">As many infos are kept at least, of all stores together.</param>
internal sealed class PathTable(int keptInfos = PathTable.KeptInfos)
{
    /// <summary>Infos that are kept; up to so many paths a run asks no store twice.</summary>
    public const int KeptInfos = 12_288;

    private readonly object _lock = new();
    private readonly Dictionary<StorePath, int> _numbers = [];
    private readonly List<StorePath> _paths = [];

    // By number: what was told last of each.
    private readonly List<PathOutline?> _outlines = [];

    /// <summary>Infos that were told a short time ago.</summary>
    public RecentInfos Infos { get; } = new(keptInfos);

    /// <summary>The number of a path; it has one from here on.</summary>
    public int NumberOf(StorePath path)
    {
        lock (_lock)
        {
            return Number(path);
        }
    }

    /// <summary>The number of a path; -1 if it has none.</summary>
    public int Find(StorePath path)
    {
        lock (_lock)
        {
            return _numbers.GetValueOrDefault(path, -1);
        }
    }

    /// <summary>The outline of what was told of a path.</summary>
    public PathOutline OutlineOf(PathInfo info)
    {
        lock (_lock)
        {
            var number = Number(info.Path);
            return _outlines[number] is { } known && known.IsOf(info) ? known
                : _outlines[number] = new PathOutline(_paths[number], info, [.. info.References.Select(reference => _paths[Number(reference)])]);
        }
    }

    private int Number(StorePath path)
    {
        if (!_numbers.TryGetValue(path, out var number))
        {
            _numbers[path] = number = _paths.Count;
            _paths.Add(path);
            _outlines.Add(null);
        }

        return number;
    }
}
