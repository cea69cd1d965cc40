using NixRemote.Builders;
using NixRemote.Scheduling;
using static NixRemote.Tests.Scheduling.SchedulingFixture;

namespace NixRemote.Tests.Scheduling;

/// <summary>What holds up the run waits for a fast builder rather than take a slow one, as long as that is the earlier end.</summary>
public sealed class ScheduleWaitingTests
{
    private static readonly NixBuilder _fast = Builder("fast", 1, 10);
    private static readonly NixBuilder _slow = Builder("slow", 1, 0.1);

    /// <summary>Node 1 has the fast builder for 200 s; node 0 would take 100 s there, 10,000 s on the slow one.</summary>
    private static GraphSchedule Waiting(params ScheduleNode[] more)
    {
        var schedule = Schedule([Long(1000), Long(2000), .. more], _fast, _slow);
        Assert.Equal("1@0", Drain(schedule).Split(' ')[0]);
        Assert.Equal(0, schedule.AwaitedBuilder(0));
        Assert.Equal(NodeState.Ready, schedule.StateOf(0));
        Assert.False(schedule.IsDelayed(0));
        return schedule;
    }

    [Fact]
    public void The_fast_builder_gets_it_when_it_is_free()
    {
        var schedule = Waiting();
        schedule.Built(1, At(200));
        Assert.Equal("0@0", Drain(schedule, 200));
        Assert.Equal(-1, schedule.AwaitedBuilder(0));
    }

    [Theory]
    [InlineData(1, "0@0 1@1")] // 500 s and 300 s there, 600 s here
    [InlineData(0.7, "0@0 1@1")] // 857 s here: not a tenth more
    [InlineData(0.5, "0@0")] // 1200 s here
    public void Waiting_must_be_worth_it(double slowSpeed, string expected)
    {
        ScheduleNode[] nodes = [Long(1000), Long(600)];
        Assert.Equal(expected, Drain(Schedule(nodes, Builder("fast", 1, 2), Builder("slow", 1, slowSpeed))));
    }

    [Fact]
    public void What_is_not_late_on_the_slow_one_does_not_wait() =>
        Assert.Equal("1@0 2@1", Drain(Waiting2(Long(10))));

    [Fact]
    public void It_does_not_wait_for_ever_for_a_build_that_takes_longer_than_expected()
    {
        var schedule = Waiting();
        Assert.Equal(At(220), schedule.NextDeadline);
        Assert.Equal("", Drain(schedule, 219));
        Assert.Equal("0@1", Drain(schedule, 220));
    }

    [Fact]
    public void One_slot_is_waited_for_by_one()
    {
        var schedule = Waiting(Long(900));
        Assert.Equal(-1, schedule.AwaitedBuilder(2));
        Assert.Equal(NodeState.Running, schedule.StateOf(2));
    }

    [Fact]
    public void Nobody_waits_for_a_builder_that_fails()
    {
        var schedule = Waiting();
        schedule.BuilderFailed(0, Error(), At(10));
        schedule.Returned(1, Error(), At(10), out _);
        Assert.Equal("1@1", Drain(schedule, 10));
        Assert.Equal(-1, schedule.AwaitedBuilder(0));
    }

    [Fact]
    public void What_is_found_elsewhere_waits_no_more()
    {
        var schedule = Waiting();
        schedule.OutputsAtCoordinator(0);
        Assert.Equal((NodeState.Done, -1), (schedule.StateOf(0), schedule.AwaitedBuilder(0)));
        schedule.Built(1, At(200));
        Assert.True(schedule.IsFinished);
    }

    [Fact]
    public void Where_no_duration_is_known_nobody_waits() =>
        Assert.Equal("0@0 1@1", Drain(Schedule([Node(), Node()], _fast, _slow)));

    [Fact]
    public void Nor_under_the_stock_rule() =>
        Assert.Equal("0@0 1@1", Drain(Schedule([Long(1000), Long(2000)], new ScheduleOptions { Policy = SelectionPolicy.Nix }, _fast, _slow)));

    private static GraphSchedule Waiting2(ScheduleNode small) => Schedule([Long(1000), Long(2000), small], _fast, _slow);
}
