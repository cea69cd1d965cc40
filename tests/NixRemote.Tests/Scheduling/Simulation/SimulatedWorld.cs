using NixRemote.Builders;
using NixRemote.Scheduling;
using NixRemote.Stores;

namespace NixRemote.Tests.Scheduling.Simulation;

/// <summary>
/// A graph like that of nixpkgs and builders for it, the same for the same seed. Two systems, each with a deep bootstrap chain
/// that all else of the system needs, a wide middle in which each derivation needs a few of those before it, rather common ones
/// and near ones, and heavy tails: few derivations take hours and few outputs are gigabytes. A quarter are downloads that
/// need nothing.
/// </summary>
internal sealed class SimulatedWorld
{
    private const string Intel = "x86_64-linux";
    private const string Arm = "aarch64-linux";
    private const double ArmShare = 0.2;
    private const double DownloadShare = 0.25;
    private const int ChainPerRoot = 40;
    private const long Megabyte = 1_000_000;

    private SimulatedWorld(IReadOnlyList<ScheduleNode> nodes, IReadOnlyList<ScheduleBuilder> builders, IReadOnlyDictionary<int, double> deaths)
    {
        // Whoever dies does so before the run could have ended without that.
        var undisturbed = new MakespanBound(nodes, builders, new Dictionary<int, double>()).Total;
        (Nodes, Builders, Deaths) = (nodes, builders, deaths.ToDictionary(d => d.Key, d => d.Value * undisturbed));
        LowerBound = new MakespanBound(nodes, builders, Deaths);
    }

    /// <summary>The derivations, inputs first; durations and sizes are what they will really take.</summary>
    public IReadOnlyList<ScheduleNode> Nodes { get; }

    /// <summary>The builders; bandwidths are what they really have.</summary>
    public IReadOnlyList<ScheduleBuilder> Builders { get; }

    /// <summary>Builders that die, and the second in which they do.</summary>
    public IReadOnlyDictionary<int, double> Deaths { get; }

    /// <summary>What no schedule can beat.</summary>
    public MakespanBound LowerBound { get; }

    /// <summary>Makes a world.</summary>
    /// <param name="nodes">How many derivations.</param>
    /// <param name="builders">How many builders, of which one in a hundred dies, but at least one.</param>
    /// <param name="seed">The seed.</param>
    public static SimulatedWorld Create(int nodes, int builders, int seed)
    {
        var random = new Random(seed);
        var made = Enumerable.Range(0, builders).Select(b => Builder(b, random)).ToList();
        var deaths = Enumerable.Range(0, builders).OrderBy(_ => random.NextDouble()).Take((builders + 99) / 100).ToDictionary(b => b, _ => random.NextDouble());

        // A feature that no surviving builder had would make derivations that nobody takes.
        var survivors = made.Where((_, b) => !deaths.ContainsKey(b)).ToList();
        var graph = new List<ScheduleNode>();
        graph.AddRange(System(Intel, 0, (int)(nodes * (1 - ArmShare)), survivors, random));
        graph.AddRange(System(Arm, graph.Count, nodes - graph.Count, survivors, random));
        return new SimulatedWorld(graph, made, deaths);
    }

    private static IEnumerable<ScheduleNode> System(string system, int offset, int count, IReadOnlyList<ScheduleBuilder> builders, Random random)
    {
        // The deeper the graph the larger it is, but slower: as the square root.
        var chain = Math.Max(3, (int)(Math.Sqrt(count) / Math.Sqrt(80_000) * ChainPerRoot * 4));
        for (var i = 0; i < count; i++)
        {
            var isDownload = random.NextDouble() < DownloadShare;
            var seconds = isDownload ? LogNormal(random, 2, 1) : LogNormal(random, 60, 1.3);
            var bytes = (long)Math.Min(2000 * Megabyte, LogNormal(random, 2, 2) * Megabyte);
            if (i < chain)
            {
                yield return Node(system, [], 5, bytes, i == 0 ? [] : [offset + i - 1]);
                continue;
            }

            if (isDownload)
            {
                yield return Node(BuildNeeds.BuiltinSystem, [], seconds, bytes, []);
                continue;
            }

            var isHeavy = random.NextDouble() < 0.004;
            seconds = isHeavy ? Math.Min(7200, 900 / Math.Pow(1 - random.NextDouble(), 1 / 1.5)) : Math.Min(seconds, 3600);
            string[] wanted = isHeavy ? ["big-parallel"] : random.NextDouble() < 0.01 ? ["kvm"] : [];
            var features = Array.TrueForAll(wanted, f => builders.Any(b => b.Builder.Systems.Contains(system) && b.Builder.SupportedFeatures.Contains(f))) ? wanted : [];
            var needs = new HashSet<int> { offset + chain - 1 };
            for (var d = random.Next(1, 9); d > 0; d--)
            {
                // Half of them near, half anywhere, the early ones more often: those are the libraries.
                var rest = i - chain;
                var at = random.Next(2) == 0 ? rest - 1 - (int)(random.NextDouble() * Math.Min(rest, count / 12)) : (int)(rest * Math.Pow(random.NextDouble(), 3));
                needs.Add(offset + chain + Math.Clamp(at, 0, Math.Max(0, rest - 1)));
            }

            needs.Remove(offset + i);
            yield return Node(system, features, seconds, bytes, [.. needs.Order()]);
        }
    }

    private static ScheduleNode Node(string system, string[] features, double seconds, long bytes, int[] dependencies) => new(system, features, dependencies)
    {
        ExpectedDuration = TimeSpan.FromSeconds(seconds),
        ExpectedOutputBytes = bytes,
        IsGoal = false,
    };

    private static ScheduleBuilder Builder(int index, Random random)
    {
        var name = $"builder{index}";
        return new ScheduleBuilder(new NixBuilder(StoreUri.Parse($"ssh-ng://{name}"))
        {
            Name = name,
            Systems = index % 5 == 0 ? [Arm] : [Intel, "i686-linux"],
            MaxJobs = Pick(random, (1, 20), (2, 30), (4, 35), (8, 15)),
            SpeedFactor = Pick(random, (0.5, 10), (1.0, 45), (1.5, 20), (2.0, 15), (4.0, 10)),
            SupportedFeatures = [.. new[] { ("big-parallel", 0.4), ("kvm", 0.3), ("nixos-test", 0.3) }.Where(f => random.NextDouble() < f.Item2).Select(f => f.Item1)],
        })
        {
            BytesPerSecond = Pick(random, (10.0, 10), (30.0, 30), (100.0, 40), (1000.0, 20)) * Megabyte,
        };
    }

    private static T Pick<T>(Random random, params (T Value, int Weight)[] choices)
    {
        var at = random.Next(choices.Sum(c => c.Weight));
        return choices.First(c => (at -= c.Weight) < 0).Value;
    }

    private static double LogNormal(Random random, double median, double sigma)
    {
        var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        return median * Math.Exp(sigma * normal);
    }
}
