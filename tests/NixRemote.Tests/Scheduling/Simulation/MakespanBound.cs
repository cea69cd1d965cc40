using NixRemote.Scheduling;

namespace NixRemote.Tests.Scheduling.Simulation;

/// <summary>Seconds that any schedule takes at least, even one that knows who will die: nothing moved, nothing lost, every slot busy as long
/// as its builder lives.</summary>
internal sealed class MakespanBound
{
    private readonly IReadOnlyList<ScheduleBuilder> _builders;
    private readonly double[] _deaths;

    /// <summary>Computes the bound.</summary>
    /// <param name="nodes">The derivations, inputs first.</param>
    /// <param name="builders">The builders.</param>
    /// <param name="deaths">Builders that die, and the second in which they do.</param>
    public MakespanBound(IReadOnlyList<ScheduleNode> nodes, IReadOnlyList<ScheduleBuilder> builders, IReadOnlyDictionary<int, double> deaths)
    {
        _builders = builders;
        _deaths = [.. Enumerable.Range(0, builders.Count).Select(b => deaths.GetValueOrDefault(b, double.PositiveInfinity))];
        var classes = nodes.GroupBy(Class).ToDictionary(g => g.Key, g => new BuildNeeds(g.Key.System, g.First().RequiredFeatures.ToList()));
        var takers = classes.ToDictionary(
            c => c.Key, c => Enumerable.Range(0, builders.Count).Where(b => Eligibility.Check(builders[b].Builder, c.Value).IsEligible).ToArray());
        CriticalPath = LongestPath(nodes, takers);

        // All work on all builders; but also that of one class, or of one system, on those that take any of it.
        var work = nodes.GroupBy(Class).ToDictionary(g => g.Key, g => g.Sum(Seconds));
        var groups = classes.Keys.Select(k => new[] { k }).Concat(classes.Keys.GroupBy(k => k.System).Select(g => g.ToArray())).Append([.. classes.Keys]);
        Work = groups.Max(g => TimeFor(g.Sum(k => work[k]), [.. g.SelectMany(k => takers[k]).Distinct()]));
    }

    /// <summary>The longest way through the graph, each derivation on the fastest builder that takes it and lives long enough.</summary>
    public double CriticalPath { get; }

    /// <summary>The work divided by the speed of all slots that can do it, as long as they are there.</summary>
    public double Work { get; }

    /// <summary>The larger one.</summary>
    public double Total => Math.Max(CriticalPath, Work);

    private static (string System, string Features) Class(ScheduleNode node) => (node.System, string.Join(' ', node.RequiredFeatures));

    private static double Seconds(ScheduleNode node) => node.ExpectedDuration!.Value.TotalSeconds;

    private double LongestPath(IReadOnlyList<ScheduleNode> nodes, Dictionary<(string System, string Features), int[]> takers)
    {
        // Of those who live to the end only the fastest counts.
        var candidates = takers.ToDictionary(t => t.Key, t => t.Value.Where(b => double.IsFinite(_deaths[b]))
            .Append(t.Value.Where(b => double.IsPositiveInfinity(_deaths[b])).MaxBy(b => _builders[b].Builder.SpeedFactor)).ToArray());
        var ends = new double[nodes.Count];
        for (var i = 0; i < ends.Length; i++)
        {
            var start = nodes[i].Dependencies.Select(d => ends[d]).DefaultIfEmpty().Max();
            ends[i] = candidates[Class(nodes[i])].Min(b =>
                start + Seconds(nodes[i]) / _builders[b].Builder.SpeedFactor is var end && end <= _deaths[b] ? end : double.PositiveInfinity);
        }

        return ends.Max();
    }

    private double TimeFor(double work, int[] takers)
    {
        var (time, speed) = (0.0, takers.Sum(Speed));
        foreach (var builder in takers.Where(b => double.IsFinite(_deaths[b])).OrderBy(b => _deaths[b]))
        {
            if (work <= (_deaths[builder] - time) * speed)
            {
                break;
            }

            work -= (_deaths[builder] - time) * speed;
            (time, speed) = (_deaths[builder], speed - Speed(builder));
        }

        return time + work / speed;
    }

    private double Speed(int builder) => _builders[builder].Builder.MaxJobs * _builders[builder].Builder.SpeedFactor;
}
