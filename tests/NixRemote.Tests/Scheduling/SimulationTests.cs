using NixRemote.Scheduling;
using NixRemote.Tests.Scheduling.Simulation;

namespace NixRemote.Tests.Scheduling;

/// <summary>The simulation of the benchmarks at a hundredth of its size: what must hold whatever the clock says.</summary>
public sealed class SimulationTests
{
    private static SimulatedWorld World(int seed) => SimulatedWorld.Create(1000, 10, seed);

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(6)]
    public void The_run_ends_within_115_percent_of_the_lower_bound(int seed)
    {
        var result = SimulatedRun.Run(World(seed), SelectionPolicy.Balanced);

        Assert.InRange(result.Ratio, 1, 1.15);
        Assert.Equal(1000, result.Builds - result.Rebuilds);
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
                Assert.DoesNotContain(schedule.Explain(index).Where((_, b) => schedule.Attempts(index).All(a => a.Builder != b)), e => e.IsEligible);
            }
        });
        Assert.True(checks > 500);
    }

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
