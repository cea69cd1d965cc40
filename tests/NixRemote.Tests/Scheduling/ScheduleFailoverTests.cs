using NixRemote.Scheduling;
using static NixRemote.Tests.Scheduling.SchedulingFixture;

namespace NixRemote.Tests.Scheduling;

/// <summary>Builders that fail: rests and probes, derivations that go elsewhere, outputs that are lost with their builder.</summary>
public sealed class ScheduleFailoverTests
{
    [Fact]
    public void A_failing_builder_rests_and_is_probed_before_it_gets_work()
    {
        var schedule = Schedule([Node(), Node()], Builder("a"), Builder("b"));
        Assert.Equal("0@0 1@1", Drain(schedule));
        schedule.BuilderFailed(0, Error(), At(1));
        schedule.Returned(0, Error(), At(1), out _);
        schedule.Built(1, At(2));
        Assert.Equal("0@1", Drain(schedule, 2)); // nothing waits for the one that rests
        Assert.Equal(At(6), schedule.NextDeadline);

        Assert.Equal("", Drain(schedule, 5.9));
        Assert.Equal("probe 0", Drain(schedule, 6));
        Assert.Equal("", Drain(schedule, 7));
        schedule.BuilderFailed(0, Error(), At(8)); // the answer to the probe
        Assert.Equal(At(23), schedule.NextDeadline);
        Assert.Equal("probe 0", Drain(schedule, 23));
        schedule.BuilderReady(0, At(24));
        Assert.True(schedule.IsWorking(0));
    }

    [Fact]
    public void Three_builders_are_tried_and_each_attempt_is_recorded()
    {
        var schedule = Schedule([Node(), Node(0)], Builder("a"), Builder("b"), Builder("c"), Builder("d"));
        Assert.Equal("0@0", Drain(schedule));
        Assert.True(schedule.Returned(0, Error("one"), At(1), out _));
        Assert.Equal("0@1", Drain(schedule, 1));
        Assert.True(schedule.Returned(0, Error("two"), At(3), out _));
        Assert.Equal("0@2", Drain(schedule, 3));
        Assert.False(schedule.Returned(0, Error("three"), At(6), out var givenUp));

        Assert.Equal([1], givenUp);
        Assert.Equal((NodeState.Failed, NodeState.DependencyFailed, true), (schedule.StateOf(0), schedule.StateOf(1), schedule.IsFinished));
        Assert.Equal(
            [(0, At(0), At(1), "one"), (1, At(1), At(3), "two"), (2, At(3), At(6), "three")],
            schedule.Attempts(0).Select(a => (a.Builder, a.Started, a.Ended, a.Error.Message)));
    }

    [Fact]
    public void The_only_builder_gets_a_derivation_back_after_its_rest()
    {
        var schedule = Schedule([Node()], Builder("a"));
        Assert.Equal("0@0", Drain(schedule));
        schedule.BuilderFailed(0, Error(), At(1));
        Assert.True(schedule.Returned(0, Error(), At(1), out _));
        Assert.Equal("", Drain(schedule, 1));
        Assert.Equal("probe 0", Drain(schedule, 6));
        schedule.BuilderReady(0, At(7));
        Assert.Equal("0@0", Drain(schedule, 7));
    }

    [Fact]
    public void While_all_that_take_it_rest_the_wait_is_visible()
    {
        var schedule = Schedule([Node(), Node() with { System = "aarch64-linux" }],
            Builder("a"), Builder("b"), Builder("arm") with { Systems = ["aarch64-linux"] });
        schedule.BuilderFailed(0, Error("No route to host."), At(1));
        schedule.BuilderFailed(1, Error("Connection refused."), At(2));
        Assert.Equal("1@2", Drain(schedule, 2));

        var wait = Assert.Single(schedule.Waits(At(3)));

        Assert.Equal((1, 0, At(6)), (wait.Nodes, wait.First, wait.Until));
        Assert.Equal("1 derivation waits for a builder for x86_64-linux: a rests for 3.0 s more after a failure (No route to host); "
            + "b rests for 4.0 s more after a failure (Connection refused).", wait.Reason);
        Assert.Equal(
            [(IneligibilityKind.Resting, true), (IneligibilityKind.Resting, true), (IneligibilityKind.System, false)],
            schedule.Explain(0).Select(e => (e.Reasons[0].Kind, e.IsRightType)));
    }

    [Fact]
    public void Patience_ends_where_it_is_limited()
    {
        var schedule = Schedule([Node(), Node(0)], new ScheduleOptions { GiveUpAfter = At(60) }, Builder("a"));
        schedule.BuilderFailed(0, Error(), At(10));
        for (var now = schedule.NextDeadline!.Value; now < At(70); now = schedule.NextDeadline!.Value)
        {
            Assert.Equal("probe 0", Drain(schedule, now.TotalSeconds));
            schedule.BuilderFailed(0, Error(), now);
        }

        Assert.Equal("give up 0", Drain(schedule, 70));
        Assert.Equal([1], schedule.GiveUp(0));
        Assert.True(schedule.IsFinished);
    }

    [Fact]
    public void When_the_last_builder_is_gone_its_derivations_are_given_up()
    {
        var schedule = Schedule([Node(), Node()], Builder("a"), Builder("b"));
        schedule.BuilderGone(0, Error(), At(0));
        Assert.Equal("0@1", Drain(schedule));
        schedule.BuilderGone(1, Error(), At(1));
        Assert.Equal("give up 1", Drain(schedule, 1));
    }

    [Fact]
    public void An_output_that_only_the_lost_builder_had_is_built_again()
    {
        // 0 ← 1 ← 2, and 3 for the other builder.
        var schedule = Schedule([Long(1), Long(1, 0), Long(1, 1), Long(50)], new ScheduleOptions { OutputsGrace = TimeSpan.Zero }, Builder("a", 1, 2), Builder("b"));
        Assert.Equal("3@0 0@1", Drain(schedule));
        schedule.Built(0, At(1));
        Assert.Equal("1@1", Drain(schedule, 1));
        schedule.Built(1, At(2));
        Assert.Equal("2@1", Drain(schedule, 2));

        schedule.BuilderFailed(1, Error(), At(3));
        schedule.Returned(2, Error(), At(3), out _);
        Assert.Equal([NodeState.Ready, NodeState.Waiting, NodeState.Waiting], Enumerable.Range(0, 3).Select(schedule.StateOf));
        schedule.Built(3, At(4));
        Assert.Equal("0@0", Drain(schedule, 4));
        schedule.Built(0, At(5));
        Assert.Equal("1@0", Drain(schedule, 5));
        schedule.Built(1, At(6));
        Assert.Equal("2@0", Drain(schedule, 6));
        schedule.Built(2, At(7));
        Assert.True(schedule.IsFinished);
    }

    [Fact]
    public void An_output_that_another_store_has_or_nobody_needs_is_not_built_again()
    {
        var schedule = Schedule([Node(), Node(), Node(0, 1), Node()], Builder("a", 3), Builder("b"));
        Assert.Equal("0@0 1@1 3@0", Drain(schedule).Replace("0@0 1@0 3@1", "0@0 1@1 3@0", StringComparison.Ordinal));
        var holder = schedule.BuilderOf(0);
        schedule.Built(0, At(1));
        schedule.Built(3, At(1)); // nothing needs it
        schedule.OutputsAt(0, 1 - holder); // uploaded for another
        schedule.BuilderFailed(holder, Error(), At(2));

        Assert.Equal((NodeState.Done, NodeState.Done), (schedule.StateOf(0), schedule.StateOf(3)));
    }

    [Fact]
    public void A_goal_is_needed_until_it_is_delivered()
    {
        var schedule = Schedule([Node() with { IsGoal = true }, Node() with { IsGoal = true }], Builder("a", 2), Builder("b", 1, 0.1));
        Assert.Equal("0@0 1@0", Drain(schedule));
        schedule.Built(0, At(1));
        schedule.Built(1, At(1));
        schedule.Delivered(0);
        Assert.True(schedule.IsFinished);

        schedule.BuilderFailed(0, Error(), At(2));

        Assert.Equal((NodeState.Done, NodeState.Ready, false), (schedule.StateOf(0), schedule.StateOf(1), schedule.IsFinished));
    }

    [Fact]
    public void A_builder_that_comes_back_in_time_with_its_outputs_spares_building_them_again()
    {
        var schedule = Schedule([Long(3600), Long(3600, 0)], Builder("a", 1, 2), Builder("b"));
        Assert.Equal("0@0", Drain(schedule));
        schedule.Built(0, At(1800));
        schedule.BuilderFailed(0, Error(), At(1800));
        Assert.Equal("", Drain(schedule, 1800)); // building it again takes an hour: 10 s of waiting are worth it
        Assert.Equal("probe 0", Drain(schedule, 1805));
        schedule.BuilderReady(0, At(1806));
        schedule.OutputsAt(0, 0);
        Assert.Equal("1@0", Drain(schedule, 1806));
    }

    [Fact]
    public void A_builder_that_does_not_come_back_in_time_is_not_waited_for()
    {
        var schedule = Schedule([Long(3600), Long(3600, 0)], Builder("a", 1, 2), Builder("b"));
        Assert.Equal("0@0", Drain(schedule));
        schedule.Built(0, At(1800));
        schedule.BuilderFailed(0, Error(), At(1800));
        Assert.Equal("", Drain(schedule, 1800));
        Assert.Equal("probe 0", Drain(schedule, 1805));
        Assert.Equal(At(1810), schedule.NextDeadline);
        Assert.Equal("0@1", Drain(schedule, 1810));
    }

    [Fact]
    public void A_slot_that_another_process_took_is_no_attempt()
    {
        var schedule = Schedule([Node()], Builder("a"), Builder("b"));
        Assert.Equal("0@0", Drain(schedule));
        schedule.SlotsTaken(0, 1);
        schedule.Refused(0);
        Assert.Equal("0@1", Drain(schedule, 1));
        Assert.Empty(schedule.Attempts(0));
    }

    [Fact]
    public void A_slot_that_others_free_is_used()
    {
        var schedule = Schedule([Node(), Node()], Builder("a", 2));
        schedule.SlotsTaken(0, 2);
        Assert.Equal("", Drain(schedule));
        schedule.SlotsTaken(0, 1);
        Assert.Equal("0@0", Drain(schedule));
        schedule.SlotsTaken(0, 0);
        Assert.Equal("1@0", Drain(schedule));
    }

    [Fact]
    public void What_needed_a_found_output_alone_is_not_built()
    {
        var schedule = Schedule([Node(), Node(0), Node(0), Node(1, 2), Node()], Builder("a"), Builder("b"));
        schedule.OutputsAt(3, 1);
        Assert.Equal([NodeState.NotNeeded, NodeState.NotNeeded, NodeState.NotNeeded, NodeState.Done], Enumerable.Range(0, 4).Select(schedule.StateOf));
        Assert.Equal("4@0", Drain(schedule));
        schedule.Built(4, At(1));
        Assert.True(schedule.IsFinished);
    }
}
