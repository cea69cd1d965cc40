using NixRemote.StoreObjects;

namespace NixRemote.Builds;

/// <summary>The infos that were told last: the last <paramref name="kept"/> for certain, twice as many at most. Safe for calls at the same time.</summary>
/// <param name="kept">How many.</param>
internal sealed class RecentInfos(int kept)
{
    private readonly object _lock = new();

    /// <summary>How many are kept for certain.</summary>
    public int Kept => kept;

    // As the newer ones become too many they are the older ones, and those that were it are dropped.
    private Dictionary<(object Teller, StorePath Path), PathInfo> _newer = [];
    private Dictionary<(object Teller, StorePath Path), PathInfo> _older = [];

    /// <summary>Keeps an info.</summary>
    /// <param name="teller">Who told it; nobody else is given it.</param>
    /// <param name="info">The info.</param>
    public void Put(object teller, PathInfo info)
    {
        lock (_lock)
        {
            if (_newer.Count >= kept)
            {
                (_newer, _older) = ([], _newer);
            }

            _newer[(teller, info.Path)] = info;
        }
    }

    /// <summary>What was told of a path; null if it is not kept.</summary>
    public PathInfo? Find(object teller, StorePath path)
    {
        lock (_lock)
        {
            return _newer.GetValueOrDefault((teller, path)) ?? _older.GetValueOrDefault((teller, path));
        }
    }
}
