using NixRemote.Scheduling;
using static NixRemote.Tests.Scheduling.SchedulingFixture;

namespace NixRemote.Tests.Scheduling;

public sealed class GraphScheduleTests
{
    [Fact]
    public void Nothing_starts_before_a_builder_is_ready()
    {
        var schedule = new GraphSchedule([Node()], [Builder("a")]);
        Assert.Equal("", Drain(schedule));

        schedule.BuilderReady(0, At(0));
        Assert.Equal("0@0", Drain(schedule));
    }

    [Fact]
    public void A_node_starts_when_all_it_needs_is_built()
    {
        var schedule = Schedule([Node(), Node(), Node(0, 1)], Builder("a", jobs: 4));
        Assert.Equal("0@0 1@0", Drain(schedule));

        schedule.Built(0, At(1));
        Assert.Equal("", Drain(schedule));
        schedule.Built(1, At(1));
        Assert.Equal("2@0", Drain(schedule));
        schedule.Built(2, At(1));
        Assert.True(schedule.IsFinished);
    }

    [Fact]
    public void The_longest_way_to_the_goal_goes_first()
    {
        // 0 and 1 are alone, 2 ← 3 ← 4 is a chain.
        var schedule = Schedule([Node(), Node(), Node(), Node(2), Node(3)], Builder("a"));
        Assert.Equal("2@0", Drain(schedule));
        schedule.Built(2, At(1));
        Assert.Equal("3@0", Drain(schedule));
    }

    [Theory]
    [InlineData(1, 1, 1, 1, "0@0 1@1")] // equal: the first, then the idle one
    [InlineData(1, 1, 1, 2, "0@1 1@0")] // idle both: the faster
    [InlineData(2, 1, 4, 4, "0@1 1@1 2@1 3@1 4@0 5@0")] // (load + 1) ÷ speed, the faster when equal
    public void The_earliest_finish_takes_a_node(int jobsA, double speedA, int jobsB, double speedB, string commands)
    {
        var nodes = Enumerable.Range(0, 6).Select(_ => Node()).ToList();
        Assert.Equal(commands, Drain(Schedule(nodes, Builder("a", jobsA, speedA), Builder("b", jobsB, speedB))));
    }

    [Fact]
    public void Among_equals_the_holder_of_the_inputs_takes_a_node()
    {
        var schedule = Schedule([Node(), Node(), Node(1)], Builder("a"), Builder("b"));
        Assert.Equal("1@0 0@1", Drain(schedule)); // 1 is on the longer way
        schedule.Built(0, At(1));
        schedule.Built(1, At(1));
        Assert.Equal("2@0", Drain(schedule));
    }

    [Fact]
    public void A_node_that_its_builder_failed_goes_elsewhere_and_not_back()
    {
        var schedule = Schedule([Node()], Builder("a", jobs: 2), Builder("b"));
        Assert.Equal("0@0", Drain(schedule));
        Assert.True(schedule.Returned(0, Error("first"), At(1), out _));
        Assert.Equal("0@1", Drain(schedule, 1));
        Assert.True(schedule.Returned(0, Error("second"), At(2), out _));
        Assert.True(schedule.TryNext(At(2), out var command));
        Assert.Equal(new ScheduleCommand(ScheduleCommandKind.GiveUp, 0, -1), command);
        Assert.Empty(schedule.GiveUp(0));
        Assert.Equal("", Drain(schedule, 2));
        Assert.Equal([(0, "first"), (1, "second")], schedule.Attempts(0).Select(a => (a.Builder, a.Error.Message)));
    }

    [Fact]
    public void A_refused_node_does_not_hold_up_the_next()
    {
        var schedule = Schedule([Node(), Node()], Builder("a"), Builder("b"));
        Assert.Equal("0@0 1@1", Drain(schedule));
        schedule.Returned(0, Error(), At(1), out _);
        Assert.Equal("", Drain(schedule, 1));
        schedule.Built(1, At(2));
        Assert.Equal("0@1", Drain(schedule, 2));
    }

    [Fact]
    public void A_lost_builder_gets_no_work()
    {
        var schedule = Schedule([Node(), Node()], Builder("a", jobs: 2), Builder("b", jobs: 2));
        schedule.BuilderGone(0, Error(), At(0));
        Assert.Equal("0@1 1@1", Drain(schedule));
    }

    [Fact]
    public void A_failure_gives_up_what_needs_it_and_nothing_else()
    {
        var schedule = Schedule([Node(), Node(0), Node(1), Node()], Builder("a"));
        Assert.Equal("0@0", Drain(schedule));
        Assert.Equal([1, 2], schedule.Failed(0).Order());
        Assert.Equal(NodeState.DependencyFailed, schedule.StateOf(2));
        Assert.Equal("3@0", Drain(schedule));
        schedule.Built(3, At(1));
        Assert.True(schedule.IsFinished);
    }

    [Fact]
    public void Found_outputs_release_what_waits_for_them()
    {
        var schedule = Schedule([Node(), Node(0)], Builder("a"));
        schedule.OutputsAtCoordinator(0);
        Assert.Equal("1@0", Drain(schedule));
    }

    [Fact]
    public void Systems_and_features_lead_to_the_builders_that_have_them()
    {
        ScheduleNode[] nodes = [new("aarch64-linux", [], []), new(SchedulingFixture.System, ["kvm"], []), new("builtin", [], [])];
        var schedule = Schedule(nodes,
            Builder("a") with { Systems = ["aarch64-linux"] },
            Builder("b") with { SupportedFeatures = ["kvm"] });

        Assert.Equal("0@0 1@1", Drain(schedule));
        schedule.Built(0, At(1));
        Assert.Equal("2@0", Drain(schedule));
    }

    [Fact]
    public void A_cycle_is_refused() => Assert.Throws<ArgumentException>(() => new GraphSchedule([Node(1), Node(0)], [Builder("a")]));

    [Fact]
    public void Every_node_of_a_random_graph_is_built_once_after_its_inputs()
    {
        var random = new Random(7);
        var nodes = Enumerable.Range(0, 2000)
            .Select(i => Node([.. Enumerable.Range(0, random.Next(4)).Select(_ => random.Next(Math.Max(1, i))).Where(d => d < i)])).ToList();
        var schedule = Schedule(nodes, Builder("a", 3, 2), Builder("b", 2), Builder("c", 1, 0.5));
        var running = new List<int>();
        var built = new HashSet<int>();
        while (!schedule.IsFinished)
        {
            while (schedule.TryNext(At(0), out var assignment))
            {
                Assert.All(nodes[assignment.Node].Dependencies, d => Assert.Contains(d, built));
                running.Add(assignment.Node);
            }

            Assert.True(running.Count == 6 || built.Count + running.Count >= 1);
            var next = running[random.Next(running.Count)];
            running.Remove(next);
            schedule.Built(next, At(1));
            Assert.True(built.Add(next));
        }

        Assert.Equal(nodes.Count, built.Count);
    }
}
