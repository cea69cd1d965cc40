using NixRemote.Builders;
using NixRemote.Scheduling;
using static NixRemote.Tests.Scheduling.SchedulingFixture;

namespace NixRemote.Tests.Scheduling;

/// <summary>Where derivations go: expected finish, inputs, this machine, and stock Nix's rule.</summary>
public sealed class SchedulePlacementTests
{
    private const long Gigabyte = 1_000_000_000;

    [Fact]
    public void The_longest_way_counts_in_time_not_in_steps()
    {
        var schedule = Schedule([Long(1), Long(1, 0), Long(1, 1), Long(100)], Builder("a"));
        Assert.Equal("3@0", Drain(schedule));
    }

    [Theory]
    [InlineData(10, "0@1")] // 20 s of moving are more than a slower build
    [InlineData(1000, "0@0")]
    public void Inputs_are_weighed_against_speed(double seconds, string expected)
    {
        var schedule = Schedule(
            [Long(seconds) with { Inputs = [0] }], new ScheduleOptions(), [new ScheduleInput(2 * Gigabyte)],
            new ScheduleBuilder(Builder("fast", 1, 2)) { BytesPerSecond = 100_000_000 },
            new ScheduleBuilder(Builder("holder")) { BytesPerSecond = 100_000_000 });
        schedule.InputAt(0, 1);
        Assert.Equal(expected, Drain(schedule));
    }

    [Fact]
    public void A_path_is_moved_to_a_builder_once_whoever_needs_it()
    {
        var schedule = Schedule(
            [Node() with { Inputs = [0] }, Node() with { Inputs = [0, 1] }, Node() with { Inputs = [1] }], new ScheduleOptions(),
            [new ScheduleInput(100), new ScheduleInput(20)], new ScheduleBuilder(Builder("a", 2)));
        Assert.Equal([100, 20], Bytes(schedule)); // the first is on its way already
        schedule.Built(0, At(1));
        Assert.Equal([0], Bytes(schedule));
    }

    [Fact]
    public void What_was_on_its_way_to_a_builder_that_failed_is_moved_again()
    {
        var schedule = Schedule([Node() with { Inputs = [0] }], new ScheduleOptions(), [new ScheduleInput(100)],
            new ScheduleBuilder(Builder("a")), new ScheduleBuilder(Builder("b")));
        Assert.Equal([100], Bytes(schedule));
        schedule.Returned(0, Error(), At(1), out _);
        Assert.Equal([100], Bytes(schedule));
    }

    // what the first node's only input is; where the guest is the faster builder, and 2 GB take 20 s to bring → where it goes, inputs that are made there
    [Theory]
    [InlineData("sendable", "0@0", 0)]
    [InlineData("made in 1 s", "0@0", 1)] // earlier than on the slow one all the same
    [InlineData("made in 100 s", "0@1", 0)]
    [InlineData("made in 100 s, and there", "0@0", 0)]
    [InlineData("made in 100 s, and no other slot", "0@0", 1)]
    public void Inputs_that_a_builder_has_to_make_itself_weigh_as_much_as_their_builds(string input, string expected, int remade)
    {
        var time = input.StartsWith("made in 100", StringComparison.Ordinal) ? At(100) : input == "made in 1 s" ? At(1) : (TimeSpan?)null;
        var schedule = Schedule(
            [Long(40) with { Inputs = [0] }], new ScheduleOptions(), [new ScheduleInput(Gigabyte) { RemakeTime = time }],
            new ScheduleBuilder(Builder("guest", 2, 2)) { BytesPerSecond = 100_000_000 },
            new ScheduleBuilder(Builder("trusting", 2)) { BytesPerSecond = 100_000_000 });
        schedule.BuilderDistrusts(0);
        if (input.EndsWith("there", StringComparison.Ordinal))
        {
            schedule.InputAt(0, 0);
        }
        else if (input.EndsWith("slot", StringComparison.Ordinal))
        {
            schedule.SlotsTaken(1, 2);
        }

        Assert.True(schedule.TryNext(At(0), out var command));
        Assert.Equal((expected, remade), ($"{command.Node}@{command.Builder}", command.Remade));
    }

    // what vouches for the output of the first node, which the trusting builder has → where the second node goes
    [Theory]
    [InlineData("nothing", "1@1")]
    [InlineData("its content", "1@0")]
    public void Outputs_of_this_run_too(string what, string expected)
    {
        var schedule = Schedule(
            [Long(100) with { ExpectedOutputBytes = 1, IsContentAddressed = what == "its content" }, Long(40, 0)], new ScheduleOptions(), [],
            new ScheduleBuilder(Builder("guest", 2, 2)), new ScheduleBuilder(Builder("trusting", 2)));
        schedule.BuilderDistrusts(0);
        schedule.OutputsAt(0, 1);
        Assert.Equal(expected, Drain(schedule));
    }

    // four derivations, each built from the one before, the first three by the trusting builder; the guest is twice as fast.
    // what the guest has, and what of the rest is content-addressed → where the last goes, and what is made there
    [Theory]
    [InlineData("", "", 1, 0)] // 3 × 50 s before its 40 s
    [InlineData("2", "", 0, 0)] // what that was built from is not needed
    [InlineData("0 1", "", 0, 1)]
    [InlineData("0", "", 1, 0)]
    [InlineData("1", "", 0, 1)]
    [InlineData("", "2", 0, 0)] // it is sent, and nothing else is needed
    [InlineData("", "1", 0, 1)]
    [InlineData("", "0", 1, 0)]
    public void What_an_input_was_built_from_weighs_too_if_it_has_to_be_made_again(string there, string contentAddressed, int builder, int remade)
    {
        int[] has = [.. there.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
        ScheduleNode[] nodes = [Long(50), Long(50, 0), Long(50, 1), Long(80, 2)];
        var schedule = Schedule(
            [.. nodes.Select((node, i) => node with { ExpectedOutputBytes = 1, IsContentAddressed = contentAddressed == $"{i}" })], new ScheduleOptions(), [],
            new ScheduleBuilder(Builder("guest", 2, 2)), new ScheduleBuilder(Builder("trusting", 2)));
        schedule.BuilderDistrusts(0);
        for (var node = 0; node < 3; node++)
        {
            schedule.OutputsAt(node, 1);
        }

        foreach (var node in has)
        {
            schedule.OutputsAt(node, 0);
        }

        Assert.True(schedule.TryNext(At(0), out var command));
        Assert.Equal((3, builder, remade), (command.Node, command.Builder, command.Remade));
    }

    [Fact]
    public void An_input_that_several_inputs_were_built_from_is_made_once()
    {
        var schedule = Schedule(
            [Long(50), Long(1, 0), Long(1, 0), Long(80, 1, 2)], new ScheduleOptions(), [],
            new ScheduleBuilder(Builder("guest", 2, 4)), new ScheduleBuilder(Builder("trusting", 2)));
        schedule.BuilderDistrusts(0);
        for (var node = 0; node < 3; node++)
        {
            schedule.OutputsAt(node, 1);
        }

        Assert.True(schedule.TryNext(At(0), out var command));
        Assert.Equal((3, 0, 3), (command.Node, command.Builder, command.Remade));
    }

    [Fact]
    public void Of_a_long_chain_that_had_to_be_made_again_only_a_part_is_added_up()
    {
        const int Length = 1000;
        var schedule = Schedule(
            [.. Enumerable.Range(0, Length + 1).Select(node => node == 0 ? Long(1) : Long(1, node - 1))], new ScheduleOptions(), [],
            new ScheduleBuilder(Builder("guest")), new ScheduleBuilder(Builder("trusting")));
        schedule.BuilderDistrusts(0);
        for (var node = 0; node < Length; node++)
        {
            schedule.OutputsAt(node, 1);
        }

        schedule.SlotsTaken(1, 1);

        Assert.True(schedule.TryNext(At(0), out var command));
        Assert.Equal((Length, 0, 64), (command.Node, command.Builder, command.Remade));
    }

    [Fact]
    public void A_builder_of_the_same_kind_that_trusts_us_is_seen_behind_many_that_do_not()
    {
        ScheduleBuilder[] builders = [.. Enumerable.Range(0, 20).Select(i => new ScheduleBuilder(Builder($"b{i}", 2, i == 19 ? 1 : 1.01)))];
        var schedule = Schedule([Long(40) with { Inputs = [0] }], new ScheduleOptions(), [new ScheduleInput(100) { RemakeTime = At(100) }], builders);
        for (var guest = 0; guest < 19; guest++)
        {
            schedule.BuilderDistrusts(guest);
        }

        Assert.Equal("0@19", Drain(schedule));
    }

    [Fact]
    public void This_machine_is_one_more_builder_and_has_what_the_coordinator_has()
    {
        var schedule = Schedule(
            [Node() with { Inputs = [0] }, Node() with { Inputs = [0] }], new ScheduleOptions(), [new ScheduleInput(Gigabyte)],
            new ScheduleBuilder(Builder("a", 1, 2)) { BytesPerSecond = 10_000_000 }, new ScheduleBuilder(Builder("here")) { IsLocal = true });
        Assert.Equal("0@1 1@0", Drain(schedule));
    }

    [Fact]
    public void What_prefers_this_machine_gets_it_while_a_slot_is_free()
    {
        var nodes = new[] { Node() with { PreferLocalBuild = true }, Node() with { PreferLocalBuild = true } };
        var schedule = Schedule(nodes, new ScheduleOptions(), [], new ScheduleBuilder(Builder("a", 4, 8)), new ScheduleBuilder(Builder("here")) { IsLocal = true });
        Assert.Equal("0@1 1@0", Drain(schedule));
    }

    [Theory]
    [InlineData(SelectionPolicy.Nix)]
    [InlineData(SelectionPolicy.NixLegacy)]
    public void Stock_Nix_waits_for_this_machine_where_it_is_preferred_and_uses_it_last_otherwise(SelectionPolicy policy)
    {
        ScheduleNode[] nodes = [Node() with { PreferLocalBuild = true }, Node() with { PreferLocalBuild = true }, Node(), Node()];
        var schedule = Schedule(nodes, new ScheduleOptions { Policy = policy }, [],
            new ScheduleBuilder(Builder("here", 1, 9)) { IsLocal = true }, new ScheduleBuilder(Builder("a")));
        Assert.Equal("0@0 2@1", Drain(schedule));
        schedule.Built(0, At(1));
        Assert.Equal("1@0", Drain(schedule, 1));
        schedule.Built(1, At(2));
        Assert.Equal("3@0", Drain(schedule, 2));
    }

    [Fact]
    public void Local_jobs_0_is_remote_only()
    {
        var schedule = Schedule([Node() with { PreferLocalBuild = true }], new ScheduleOptions(), [],
            new ScheduleBuilder(Builder("here", 0)) { IsLocal = true }, new ScheduleBuilder(Builder("a")));
        Assert.Equal("0@1", Drain(schedule));
    }

    [Theory]
    [InlineData(SelectionPolicy.Nix, "0@0 1@1 2@1 3@1")] // a fast one with a build is worse than an idle one, however fast
    [InlineData(SelectionPolicy.NixLegacy, "0@1 1@1 2@1 3@1")]
    [InlineData(SelectionPolicy.Balanced, "0@1 1@1 2@1 3@1")]
    public void Loads_are_compared_by_the_policy(SelectionPolicy policy, string expected)
    {
        var schedule = Schedule([Node(), Node(), Node(), Node()], new ScheduleOptions { Policy = policy }, Builder("a"), Builder("b", 8, 100));
        schedule.SlotsTaken(1, 1);
        Assert.Equal(expected, Drain(schedule));
    }

    [Fact]
    public void Excluded_builders_get_nothing_and_say_so()
    {
        var schedule = Schedule([Node()], new ScheduleOptions(), [], new ScheduleBuilder(Builder("a", 1, 9)) { IsExcluded = true }, new ScheduleBuilder(Builder("b")));
        Assert.Equal("0@1", Drain(schedule));
        Assert.Equal(IneligibilityKind.Excluded, Assert.Single(schedule.Explain(0)[0].Reasons).Kind);
    }

    [Fact]
    public void Measured_load_of_others_is_avoided()
    {
        var schedule = Schedule([Node()], Builder("a"), Builder("b"));
        schedule.LoadMeasured(0, 4);
        Assert.Equal("0@1", Drain(schedule));
    }

    [Fact]
    public void Measured_bandwidth_counts_from_then_on()
    {
        var schedule = Schedule([Long(1) with { Inputs = [0] }], new ScheduleOptions(), [new ScheduleInput(Gigabyte)],
            new ScheduleBuilder(Builder("a", 1, 2)), new ScheduleBuilder(Builder("b")));
        schedule.BandwidthMeasured(0, 1_000_000);
        schedule.BandwidthMeasured(1, 1_000_000_000);
        Assert.Equal("0@1", Drain(schedule));
    }

    [Fact]
    public void A_slow_builder_takes_what_is_not_late_there()
    {
        // 0 is most of the run; the fast builder is busy with 2.
        ScheduleNode[] nodes = [Long(1000), Long(10), Long(2000)];
        NixBuilder[] builders = [Builder("fast", 1, 10), Builder("slow", 1, 0.1)];
        var schedule = Schedule(nodes, builders);
        Assert.Equal("2@0 1@1", Drain(schedule));
        schedule.Built(2, At(200));
        Assert.Equal("0@0", Drain(schedule, 200));
    }

    [Fact]
    public void But_it_is_not_idle_where_there_is_nothing_else() =>
        Assert.Equal("0@0 1@1", Drain(Schedule([Node(), Node()], Builder("fast", 1, 10), Builder("slow", 1, 0.1))));

    private static List<long> Bytes(GraphSchedule schedule)
    {
        var bytes = new List<long>();
        while (schedule.TryNext(At(0), out var command))
        {
            bytes.Add(command.Bytes);
        }

        return bytes;
    }
}
