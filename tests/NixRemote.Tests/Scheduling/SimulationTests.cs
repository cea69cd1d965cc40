using NixRemote.Scheduling;
using NixRemote.Tests.Scheduling.Simulation;

namespace NixRemote.Tests.Scheduling;

/// <summary>The simulation of the benchmarks at a hundredth of its size: what must hold whatever the clock says.</summary>
public sealed class SimulationTests
{
    private static SimulatedWorld World(int seed) => SimulatedWorld.Create(1000, 10, seed);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_run_ends_within_115_percent_of_the_lower_bound(int seed)
    {
        var result = SimulatedRun.Run(SimulatedWorld.Create(100_000, 1_000, seed), SelectionPolicy.Balanced);

        Assert.InRange(result.Ratio, 1, 1.15);
        Assert.Equal(100_000, result.Builds - result.Rebuilds);
    }

    /// <summary>
    /// With ten builders one of them dies, ten times as many as are asked for, and takes up to all but one of a system along with what it
    /// built; and the bound has each derivation on the fastest builder, of which there may be one with one slot, and several long ways
    /// that would need it at the same time. A few of such worlds end later than 1.15 of the bound (1.49 of it and 1.31 of it among these);
    /// whether a better placement could end them earlier is not known.
    /// </summary>
    [Fact]
    public void At_a_hundredth_of_the_size_nine_of_ten_runs_do()
    {
        var results = Enumerable.Range(1, 20).Select(seed => SimulatedRun.Run(World(seed), SelectionPolicy.Balanced)).ToList();

        Assert.All(results, r => Assert.Equal(1000, r.Builds - r.Rebuilds));
        Assert.All(results, r => Assert.InRange(r.Ratio, 1, 1.5));
        Assert.InRange(results.Average(r => r.Ratio), 1, 1.1);
        Assert.InRange(results.Count(r => r.Ratio <= 1.15), 18, 20);
    }

    [Fact]
    public void At_a_tenth_of_the_size_too()
    {
        var results = Enumerable.Range(1, 20).Select(seed => SimulatedRun.Run(SimulatedWorld.Create(10_000, 100, seed), SelectionPolicy.Balanced)).ToList();

        Assert.All(results, r => Assert.InRange(r.Ratio, 1, 1.3));
        Assert.InRange(results.Average(r => r.Ratio), 1, 1.06);
        Assert.InRange(results.Count(r => r.Ratio <= 1.15), 18, 20);
    }

    [Theory]
    [InlineData(SelectionPolicy.Balanced)]
    [InlineData(SelectionPolicy.Nix)]
    [InlineData(SelectionPolicy.NixLegacy)]
    public void No_builder_is_idle_while_a_derivation_waits_that_it_takes(SelectionPolicy policy)
    {
        var world = World(2);
        var checks = 0;
        SimulatedRun.Run(world, policy, check: schedule =>
        {
            if (checks++ % 10 != 0)
            {
                return;
            }

            foreach (var (node, index) in world.Nodes.Select((n, i) => (n, i)).Where(n => schedule.StateOf(n.i) == NodeState.Ready && !schedule.IsDelayed(n.i)))
            {
                // Unless one that is as fast or faster, or has its large inputs, is about to have a slot.
                var free = schedule.Explain(index).Where((_, b) => schedule.Attempts(index).All(a => a.Builder != b)).Where(e => e.IsEligible);
                if (schedule.AwaitedBuilder(index) is >= 0 and var awaited)
                {
                    Assert.Equal(SelectionPolicy.Balanced, policy);
                    Assert.True(InputBytes(world, node) > 1_000_000_000 || free.All(f => f.Builder.SpeedFactor <= world.Builders[awaited].Builder.SpeedFactor));
                    continue;
                }

                Assert.Empty(free);
            }
        });
        Assert.True(checks > 500);
    }

    private static long InputBytes(SimulatedWorld world, ScheduleNode node) => node.Dependencies.Sum(d => world.Nodes[d].ExpectedOutputBytes!.Value);

    [Fact]
    public void It_beats_the_stock_rule_in_time_and_bytes()
    {
        var balanced = SimulatedRun.Run(World(1), SelectionPolicy.Balanced);
        var stock = SimulatedRun.Run(World(1), SelectionPolicy.Nix, outputsComeHome: true);

        Assert.True(balanced.Makespan < stock.Makespan, $"{balanced.Makespan} s, {stock.Makespan} s");
        Assert.True(balanced.BytesMoved < stock.BytesMoved, $"{balanced.BytesMoved} bytes, {stock.BytesMoved} bytes");
    }

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        var (first, second) = (SimulatedRun.Run(World(3), SelectionPolicy.Balanced), SimulatedRun.Run(World(3), SelectionPolicy.Balanced));

        Assert.Equal((first.Makespan, first.BytesMoved, first.Decisions), (second.Makespan, second.BytesMoved, second.Decisions));
    }
}
