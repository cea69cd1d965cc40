using NixRemote.Builders;
using NixRemote.Scheduling;
using static NixRemote.Tests.Scheduling.SchedulingFixture;

namespace NixRemote.Tests.Scheduling;

/// <summary>The choice of one builder under each policy, with its explanation.</summary>
public sealed class BuilderSelectionTests
{
    /// <summary>The machines of the manual of Lix (advanced-topics/distributed-builds), in its legacy form.</summary>
    private static readonly NixBuilder[] _manual =
    [
        .. MachinesReader.ReadText("""
            lix@andesite.lix.systems    i686-linux      /home/deepslate/.ssh/id_ed25519        8 1 kvm
            lix@diorite.lix.systems     i686-linux      /home/deepslate/.ssh/id_ed25519        8 2
            lix@granite.lix.systems     i686-linux      /home/deepslate/.ssh/id_ed25519        1 2 kvm benchmark
            """, "manual", new MachinesParseOptions { LocalSystem = SchedulingFixture.System }).Builders,
    ];

    public static TheoryData<SelectionPolicy, string, string> Manual
    {
        get
        {
            var rows = new TheoryData<SelectionPolicy, string, string>();
            foreach (var policy in Enum.GetValues<SelectionPolicy>())
            {
                rows.Add(policy, "", "diorite,andesite"); // preferred for its higher speed factor
                rows.Add(policy, "kvm", "andesite"); // diorite cannot do builds that require kvm
                rows.Add(policy, "benchmark", "granite");
                rows.Add(policy, "benchmark,kvm", "granite");
                rows.Add(policy, "big-parallel", "");
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Manual))]
    public void The_example_of_the_manual(SelectionPolicy policy, string features, string order)
    {
        var needs = new BuildNeeds("i686-linux", features.Split(',', StringSplitOptions.RemoveEmptyEntries));

        var choices = BuilderSelection.Rank(needs, [.. _manual.Select(b => new BuilderCandidate(b))], policy, new ScheduleOptions());

        Assert.Equal(3, choices.Count);
        Assert.Equal(order, string.Join(',', choices.Where(c => c.Eligible).Select(c => c.Name.Split('.')[0])));
        Assert.Equal(Enumerable.Range(1, choices.Count(c => c.Eligible)).Cast<int?>(), choices.Where(c => c.Eligible).Select(c => c.Rank));
        Assert.All(choices, c => Assert.NotEmpty(c.Reason));
        Assert.All(choices.Where(c => !c.Eligible), c => Assert.NotEmpty(c.Cure));
    }

    [Theory]
    [InlineData(SelectionPolicy.Balanced, "holder")]
    [InlineData(SelectionPolicy.Nix, "fast")] // stock Nix does not ask
    public void Who_has_the_outputs_is_done_at_once(SelectionPolicy policy, string chosen)
    {
        BuilderCandidate[] candidates =
        [
            new(Builder("fast", 4, 100)) { HasOutputs = false, BytesToMove = 0 },
            new(Builder("holder", 4)) { HasOutputs = true, BytesToMove = 0, Condition = new BuilderCondition { BusySlots = 2 } },
        ];

        var choices = BuilderSelection.Rank(new BuildNeeds(SchedulingFixture.System, []), candidates, policy, new ScheduleOptions());

        Assert.Equal(chosen, choices[0].Name);
        var holder = choices.Single(c => c.Name == "holder");
        Assert.True(holder.HasOutputs);
        Assert.Equal(policy == SelectionPolicy.Balanced, holder.Reason == "has the outputs: nothing is built, nothing is moved there");
    }

    [Theory]
    [InlineData(10, "holder")] // 10 s against 5 s and 8 s for what it lacks
    [InlineData(null, "fast")] // 30 s are assumed
    public void The_expected_time_is_weighed_against_what_is_to_be_moved(int? seconds, string chosen)
    {
        BuilderCandidate[] candidates = [new(Builder("fast", 1, 2)) { BytesToMove = 256 << 20 }, new(Builder("holder")) { BytesToMove = 0 }];

        var choices = BuilderSelection.Rank(
            new BuildNeeds(SchedulingFixture.System, []), candidates, SelectionPolicy.Balanced, new ScheduleOptions(), seconds is null ? null : TimeSpan.FromSeconds(seconds.Value));

        Assert.Equal(chosen, choices[0].Name);
    }

    [Theory]
    [InlineData(SelectionPolicy.Balanced, 0, 1, "b")] // 1 ÷ 1 and 2 ÷ 100
    [InlineData(SelectionPolicy.Nix, 0, 1, "a")] // 0 and 0.01 (row 4)
    [InlineData(SelectionPolicy.NixLegacy, 0, 1, "b")] // 0 and 0, then the faster
    [InlineData(SelectionPolicy.Balanced, 1, 1, "b")]
    public void The_load_counts_by_the_policy(SelectionPolicy policy, int loadA, int loadB, string chosen) =>
        Assert.Equal(chosen, Rank(policy, (Builder("a", 4), loadA, null), (Builder("b", 4, 100), loadB, null))[0].Name);

    [Fact]
    public void Balanced_weighs_what_must_be_moved()
    {
        var far = (Builder("far", 1, 2), 0, (long?)1_000_000_000);
        var near = (Builder("near"), 0, (long?)0);

        var choices = Rank(SelectionPolicy.Balanced, far, near);

        Assert.Equal(["near", "far"], choices.Select(c => c.Name));
        Assert.Equal((10, 5, 10), (choices[0].Score, choices[1].BuildTime!.Value.TotalSeconds, choices[1].MoveTime!.Value.TotalSeconds));
        Assert.Equal(15, choices[1].Score);
        Assert.Equal("would be done in 15 s: (load 0 + 1) ÷ speed 2 makes the build 5 s, what it lacks 10 s more", choices[1].Reason);
    }

    [Fact]
    public void Equal_builders_keep_their_order() =>
        Assert.Equal(["c", "a", "b"], Rank(SelectionPolicy.Balanced, (Builder("c"), 0, null), (Builder("a"), 0, null), (Builder("b"), 0, null)).Select(c => c.Name));

    [Fact]
    public void When_nobody_takes_it_each_says_why_and_the_least_change_is_named()
    {
        var off = Builder("off") with { Enabled = false, Systems = ["aarch64-linux"] };
        var plain = Builder("plain");
        var needs = new BuildNeeds(SchedulingFixture.System, ["kvm", "big-parallel"]);
        var choices = BuilderSelection.Rank(needs, [new(off), new(plain)], SelectionPolicy.Balanced, new ScheduleOptions());

        var error = BuilderSelection.NobodyTakes(needs, [.. choices.Select(c => new BuilderEligibility(c.Builder, c.Reasons))]);

        Assert.Equal(NixErrors.NoEligibleBuilder, error.Definition);
        Assert.Contains("off: it is disabled in the configuration; it builds for aarch64-linux, not for x86_64-linux; it lacks the features kvm, big-parallel", error.Message, StringComparison.Ordinal);
        Assert.Contains("plain: it lacks the features kvm, big-parallel", error.Message, StringComparison.Ordinal);
        Assert.Equal("The least change: for plain, add kvm, big-parallel to its supported features, if it has them.", error.RecommendedAction);
    }

    private static IReadOnlyList<BuilderChoice> Rank(SelectionPolicy policy, params (NixBuilder Builder, int Load, long? Bytes)[] builders) => BuilderSelection.Rank(
        new BuildNeeds(SchedulingFixture.System, []),
        [.. builders.Select(b => new BuilderCandidate(b.Builder) { Condition = new BuilderCondition { BusySlots = b.Load }, BytesToMove = b.Bytes, BytesPerSecond = 100_000_000 })],
        policy, new ScheduleOptions(), At(10));
}
