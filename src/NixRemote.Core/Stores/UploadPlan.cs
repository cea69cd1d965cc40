using NixRemote.StoreObjects;

namespace NixRemote.Stores;

/// <summary>
/// Splits an upload over several channels. It goes in rounds; in each, every channel has paths of its own, and a path refers
/// only to paths of earlier rounds and to earlier ones of its own channel: so references are always there first, though
/// no channel waits for another within a round.
/// </summary>
public static class UploadPlan
{
    /// <summary>How far a channel may run ahead of the least loaded one in a round, only because others hold what its paths refer to.</summary>
    public const long ImbalanceBytes = 32L << 20;

    /// <summary>Plans an upload.</summary>
    /// <param name="paths">The paths, references first.</param>
    /// <param name="channels">The channels.</param>
    /// <returns>Rounds of channels of paths; no channel of a round is empty.</returns>
    public static IReadOnlyList<IReadOnlyList<IReadOnlyList<PathInfo>>> Split(IReadOnlyList<PathInfo> paths, int channels)
    {
        var rounds = new List<IReadOnlyList<IReadOnlyList<PathInfo>>>();
        var ours = paths.Select(info => info.Path).ToHashSet();
        var done = new HashSet<StorePath>(paths.Count);
        for (var left = paths; left.Count > 0;)
        {
            var round = new Round(channels);
            var later = new List<PathInfo>();
            foreach (var info in left)
            {
                if (!round.TryAdd(info, info.References.Where(reference => reference != info.Path && ours.Contains(reference) && !done.Contains(reference))))
                {
                    later.Add(info);
                }
            }

            rounds.Add([.. round.Channels.Where(channel => channel.Count > 0)]);
            done.UnionWith(round.Paths);
            left = later;
        }

        return rounds;
    }

    private sealed class Round(int channels)
    {
        private readonly long[] _bytes = new long[channels];
        private readonly Dictionary<StorePath, int> _channelOf = [];

        public List<PathInfo>[] Channels { get; } = [.. Enumerable.Range(0, channels).Select(_ => new List<PathInfo>())];

        public IEnumerable<StorePath> Paths => _channelOf.Keys;

        public bool TryAdd(PathInfo info, IEnumerable<StorePath> awaited)
        {
            int? bound = null;
            foreach (var reference in awaited)
            {
                // One that comes in a later round, or two that go different ways: then in a later round too.
                if (!_channelOf.TryGetValue(reference, out var channel) || (bound is not null && bound != channel))
                {
                    return false;
                }

                bound = channel;
            }

            var least = Array.IndexOf(_bytes, _bytes.Min());
            if (bound is { } way && _bytes[way] - _bytes[least] > ImbalanceBytes)
            {
                return false;
            }

            var chosen = bound ?? least;
            Channels[chosen].Add(info);
            _bytes[chosen] += info.NarSize;
            _channelOf.Add(info.Path, chosen);
            return true;
        }
    }
}
