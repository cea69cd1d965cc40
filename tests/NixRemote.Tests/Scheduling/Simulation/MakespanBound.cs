using NixRemote.Scheduling;

namespace NixRemote.Tests.Scheduling.Simulation;

/// <summary>Seconds that any schedule takes at least: nothing moved, nobody dying, every slot always busy.</summary>
internal sealed class MakespanBound
{
    public MakespanBound(IReadOnlyList<ScheduleNode> nodes, IReadOnlyList<ScheduleBuilder> builders)
    {
        var classes = nodes.GroupBy(n => (n.System, Features: string.Join(' ', n.RequiredFeatures)))
            .ToDictionary(g => g.Key, g => new BuildNeeds(g.Key.System, g.First().RequiredFeatures.ToList()));
        var takers = classes.ToDictionary(c => c.Key, c => builders.Where(b => Eligibility.Check(b.Builder, c.Value).IsEligible).ToHashSet());
        var fastest = takers.ToDictionary(t => t.Key, t => t.Value.Max(b => b.Builder.SpeedFactor));
        var ends = new double[nodes.Count];
        for (var i = 0; i < ends.Length; i++)
        {
            ends[i] = nodes[i].Dependencies.Select(d => ends[d]).DefaultIfEmpty().Max()
                + Seconds(nodes[i]) / fastest[(nodes[i].System, string.Join(' ', nodes[i].RequiredFeatures))];
        }

        CriticalPath = ends.Max();

        // All work on all builders; but also that of one class, or of one system, on those that take any of it.
        var work = nodes.GroupBy(n => (n.System, Features: string.Join(' ', n.RequiredFeatures))).ToDictionary(g => g.Key, g => g.Sum(Seconds));
        var groups = classes.Keys.Select(k => new[] { k }).Concat(classes.Keys.GroupBy(k => k.System).Select(g => g.ToArray())).Append([.. classes.Keys]);
        Work = groups.Max(g => g.Sum(k => work[k]) / g.SelectMany(k => takers[k]).Distinct().Sum(b => b.Builder.MaxJobs * b.Builder.SpeedFactor));
    }

    /// <summary>The longest way through the graph, each derivation on the fastest builder that takes it.</summary>
    public double CriticalPath { get; }

    /// <summary>The work divided by the speed of all slots that can do it.</summary>
    public double Work { get; }

    /// <summary>The larger one.</summary>
    public double Total => Math.Max(CriticalPath, Work);

    private static double Seconds(ScheduleNode node) => node.ExpectedDuration!.Value.TotalSeconds;
}
