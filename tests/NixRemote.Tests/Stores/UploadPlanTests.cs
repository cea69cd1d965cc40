using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Tests.Stores;

/// <summary>How an upload is split over channels: references first, none waits for another.</summary>
public sealed class UploadPlanTests
{
    // name, size in MiB, references; channels → rounds of channels of names
    [Theory]
    [InlineData("a 1; b 1; c 1; d 1", 2, "a c|b d")]
    [InlineData("a 8; b 1; c 1; d 1", 2, "a|b c d")]
    [InlineData("a 1; b 1 a; c 1 b", 4, "a b c")]
    [InlineData("a 1; b 1; c 1 a b", 2, "a|b / c")]
    [InlineData("a 1; b 1 a a; c 1 a", 2, "a b c")]
    [InlineData("a 40; b 1 a; c 1; d 1 a", 2, "a|c / b|d")]
    [InlineData("a 1 x; b 1 a", 1, "a b")]
    [InlineData("a 1 a; b 1 b", 2, "a|b")]
    [InlineData("a 1; b 1; c 1 a b; d 1 c; e 1 a", 2, "a e|b / c d")]
    public void Table(string paths, int channels, string expected)
    {
        var infos = new Dictionary<string, PathInfo>();
        foreach (var line in paths.Split("; "))
        {
            var words = line.Split(' ');
            var path = StoreSamples.Path(words[0]);
            infos[words[0]] = new PathInfo
            {
                Path = path,
                NarHash = NixHash.Sha256([]),
                NarSize = int.Parse(words[1], System.Globalization.CultureInfo.InvariantCulture) * (1L << 20),
                References = [.. words[2..].Select(w => w == words[0] ? path : infos.TryGetValue(w, out var known) ? known.Path : StoreSamples.Path(w))],
            };
        }

        var plan = UploadPlan.Split([.. infos.Values], channels);

        Assert.Equal(expected, string.Join(" / ", plan.Select(round => string.Join('|', round.Select(channel => string.Join(' ', channel.Select(i => i.Path.Name)))))));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public void Of_any_graph_nothing_is_lost_and_references_are_always_there(int channels)
    {
        for (var seed = 0; seed < 30; seed++)
        {
            var random = new Random(seed);
            var infos = new List<PathInfo>();
            for (var i = 0; i < 200; i++)
            {
                infos.Add(new PathInfo
                {
                    Path = StoreSamples.Path($"p{i}"),
                    NarHash = NixHash.Sha256([]),
                    NarSize = random.NextInt64(1, 64 << 20),
                    References = [.. Enumerable.Range(0, random.Next(4)).Where(_ => infos.Count > 0).Select(_ => infos[random.Next(infos.Count)].Path).Distinct().Order()],
                });
            }

            var there = new HashSet<StorePath>();
            foreach (var round in UploadPlan.Split(infos, channels))
            {
                Assert.InRange(round.Count, 1, channels);
                foreach (var channel in round)
                {
                    var seen = new HashSet<StorePath>(there);
                    Assert.All(channel, info =>
                    {
                        Assert.All(info.References, reference => Assert.Contains(reference, seen));
                        seen.Add(info.Path);
                    });
                }

                Assert.All(round.SelectMany(channel => channel), info => Assert.True(there.Add(info.Path)));
            }

            Assert.Equal(200, there.Count);
        }
    }
}
