using NixRemote.Builds;
using NixRemote.Scheduling;
using NixRemote.Stores;
using NixRemote.Tests.Builders;
using NixRemote.Tests.Scheduling;

namespace NixRemote.Tests.Builds;

/// <summary>What a run makes of builders that fail, on stores in memory. Real machines that lose their power are in PowerCutTests.</summary>
public sealed class BuildRunFailoverTests : BuildRunFixture
{
    /// <summary>Short rests, and builds that are known to take no time: nobody waits for a builder that may come back with their outputs.</summary>
    private static readonly BuildRunOptions _quick = new()
    {
        Rest = new RestTimes { First = TimeSpan.FromMilliseconds(20) },
        History = new MemoryHistory { Default = TimeSpan.FromMilliseconds(1) },
    };

    [Fact]
    public async Task A_builder_that_comes_back_is_used_again()
    {
        var goals = Enumerable.Range(0, 3).Select(i => Make($"goal{i}")).ToList();
        var builds = 0;
        MemoryStore a = null!;
        a = new MemoryStore("a")
        {
            OnBuild = (_, _) =>
            {
                a.IsDown = builds++ == 0;
                return Task.FromResult<BuildResult?>(null);
            },
        };
        OnEvent = e =>
        {
            if (e is BuildEvent.BuilderLost)
            {
                a.IsDown = false;
            }
        };

        var results = await RunAsync(goals, _quick, (a, 1));

        Assert.All(results, r => Assert.Equal((GoalStatus.Built, "a"), (r.Status, r.Builder)));
        Assert.Equal(4, a.BuildsAsked.Count);
        Assert.Equal(NixErrors.ConnectionLost, Assert.Single(Events.OfType<BuildEvent.BuilderLost>()).Error.Definition);
        Assert.Contains(Events.OfType<BuildEvent.Decision>(), d => d.Text == "a is back.");
    }

    [Fact]
    public async Task It_is_lost_many_times_and_reported_once()
    {
        var goals = Enumerable.Range(0, 4).Select(i => Make($"goal{i}")).ToList();
        var builds = 0;
        var a = new MemoryStore("a")
        {
            OnBuild = (_, _) => ++builds % 2 == 1 ? throw new NixRemoteException(NixErrors.ConnectionLost, "The connection broke.") : Task.FromResult<BuildResult?>(null),
        };

        var results = await RunAsync(goals, _quick, (a, 1));

        Assert.All(results, r => Assert.Equal(GoalStatus.Built, r.Status));
        Assert.Single(Events.OfType<BuildEvent.BuilderLost>());
        Assert.Contains(Events.OfType<BuildEvent.Decision>(), d => d.Text.StartsWith("a rests again: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_intermediate_output_that_is_lost_with_its_builder_is_built_elsewhere()
    {
        var bottom = Make("bottom");
        var top = With(Make("top", bottom), "requiredSystemFeatures", "big");
        MemoryStore a = null!;
        a = new MemoryStore("a") { OnRead = _ => a.IsDown = true };
        var b = new MemoryStore("b");
        var run = Run(
            _quick, Local, new BuilderStore(SchedulingFixture.Builder("a", 1, speed: 2), a),
            new BuilderStore(SchedulingFixture.Builder("b") with { SupportedFeatures = ["big"] }, b));

        var result = Assert.Single(await RunAsync([top], run));

        // It was built on a, the faster one, and lost when b asked for it.
        Assert.Equal((GoalStatus.Built, "b"), (result.Status, result.Builder));
        Assert.Equal([bottom.Path], a.BuildsAsked);
        Assert.Equal([bottom.Path, top.Path], b.BuildsAsked);
        Assert.Empty(result.Attempts);
    }

    [Fact]
    public async Task When_all_rest_the_reason_is_told_once_and_the_run_goes_on_later()
    {
        var goal = Make("goal");
        var failures = 2;
        var a = new MemoryStore("a")
        {
            OnBuild = (_, _) => failures-- > 0 ? throw new NixRemoteException(NixErrors.ConnectionLost, "The connection broke.") : Task.FromResult<BuildResult?>(null),
        };

        var result = Assert.Single(await RunAsync([goal], _quick, (a, 1)));

        Assert.Equal((GoalStatus.Built, 2), (result.Status, result.Attempts.Count));
        var waits = Events.OfType<BuildEvent.Waiting>().Select(w => w.Reason).ToList();
        Assert.Contains(waits, w => w is not null && w.Contains("a rests for", StringComparison.Ordinal) && w.Contains("The connection broke", StringComparison.Ordinal));
        Assert.Null(waits[^1]);
    }

    [Fact]
    public async Task A_limit_of_time_ends_the_wait()
    {
        var goal = Make("goal");
        var a = new MemoryStore("a") { OnBuild = (_, _) => throw new NixRemoteException(NixErrors.ConnectionLost, "The connection broke.") };

        var result = Assert.Single(await RunAsync([goal], new BuildRunOptions { GiveUpAfter = TimeSpan.FromMilliseconds(50) }, (a, 1), (new MemoryStore("none"), 0)));

        Assert.Equal(NixErrors.NoEligibleBuilder, result.Error!.Definition);
        Assert.Contains("a: it cannot be used: The connection broke.", result.Error.Message);
        Assert.Contains("none: its job count is 0", result.Error.Message);
    }

    [Theory]
    [InlineData(BuildStatus.TransientFailure, "it failed")]
    [InlineData(BuildStatus.MiscFailure, "it failed")]
    [InlineData(BuildStatus.InputRejected, "it failed")]
    public async Task After_three_tries_the_error_has_each_of_them(BuildStatus status, string message)
    {
        var goal = Make("goal");
        var builders = Enumerable.Range(0, 4).Select(i => (new MemoryStore($"m{i}") { OnBuild = Fail(goal, status, message) }, 1)).ToArray();

        var result = Assert.Single(await RunAsync([goal], _quick, builders));

        Assert.Equal((GoalStatus.Failed, NixErrors.BuilderFailed, 3), (result.Status, result.Error!.Definition, result.Attempts.Count));
        Assert.Equal(3, builders.Sum(b => b.Item1.BuildsAsked.Count));
        Assert.All(builders, b => Assert.InRange(b.Item1.BuildsAsked.Count, 0, 1));
        Assert.All(result.Attempts, a => Assert.Contains($"{a.Builder}: ", result.Error.Message));
    }

    [Theory]
    [InlineData("error: writing to file: No space left on device", true)]
    [InlineData("unable to fork: Cannot allocate memory", true)]
    [InlineData("cannot connect to socket at '/nix/var/nix/daemon-socket/socket': Connection refused", true)]
    [InlineData("a 'riscv64-linux' with features {} is required to build it, but I am a 'x86_64-linux'", false)]
    public async Task A_machine_in_trouble_rests_and_one_that_refuses_a_derivation_does_not(string message, bool rests)
    {
        var bad = Make("bad");
        var a = new MemoryStore("a") { OnBuild = Fail(bad, BuildStatus.MiscFailure, message) };
        var b = new MemoryStore("b");

        var result = Assert.Single(await RunAsync([bad], new BuildRunOptions(), (a, 1), (b, 1)));

        Assert.Equal((GoalStatus.Built, "b"), (result.Status, result.Builder));
        Assert.Equal(rests ? ["a"] : [], Events.OfType<BuildEvent.BuilderLost>().Select(l => l.Builder));
    }

    [Fact]
    public async Task Outputs_that_cannot_be_fetched_from_one_builder_are_built_on_another()
    {
        var goal = Make("goal");
        MemoryStore a = null!;
        a = new MemoryStore("a") { OnRead = _ => a.IsDown = true };

        var result = Assert.Single(await RunAsync([goal], _quick, (a, 1), (new MemoryStore("b"), 1)));

        Assert.Equal((GoalStatus.Built, "b"), (result.Status, result.Builder));
    }

    [Fact]
    public async Task What_only_a_lost_builder_had_before_the_run_is_built()
    {
        var goal = Make("goal");
        MemoryStore a = null!;
        a = new MemoryStore("a") { OnRead = _ => a.IsDown = true };
        a.Put(goal.Outputs[0].Path!, "goal"u8.ToArray());

        var result = Assert.Single(await RunAsync([goal], _quick, (a, 1), (new MemoryStore("b"), 1)));

        Assert.Equal((GoalStatus.Built, "b"), (result.Status, result.Builder));
        Assert.Empty(a.BuildsAsked);
    }

    [Fact]
    public async Task A_failed_build_is_not_tried_again()
    {
        var goal = Make("goal");
        var a = new MemoryStore("a") { OnBuild = Fail(goal, BuildStatus.PermanentFailure) };
        var b = new MemoryStore("b") { OnBuild = Fail(goal, BuildStatus.PermanentFailure) };

        var result = Assert.Single(await RunAsync([goal], _quick, (a, 1), (b, 1)));

        Assert.Equal(NixErrors.BuildFailed, result.Error!.Definition);
        Assert.Single(a.BuildsAsked.Concat(b.BuildsAsked));
    }

    [Fact]
    public async Task A_broken_history_is_one_warning()
    {
        var goals = Enumerable.Range(0, 2).Select(i => Make($"goal{i}")).ToList();
        var history = new MemoryHistory { Error = new NixRemoteException(NixErrors.HistoryUnusable, "It is locked.") };

        var results = await RunAsync(goals, new BuildRunOptions { History = history }, (new MemoryStore("a"), 1));

        Assert.All(results, r => Assert.Equal(GoalStatus.Built, r.Status));
        Assert.Equal(NixErrors.HistoryUnusable, Assert.Single(Events.OfType<BuildEvent.Degraded>()).Error.Definition);
        Assert.Equal(1, history.Calls);
    }

    [Fact]
    public async Task Builds_are_remembered_with_their_outcome()
    {
        var good = Make("good");
        var bad = Make("bad");
        var history = new MemoryHistory();
        var a = new MemoryStore("a") { OnBuild = Fail(bad, BuildStatus.PermanentFailure) };

        await RunAsync([good, bad], new BuildRunOptions { History = history, KeepGoing = true }, (a, 1));

        Assert.Equal(
            [("bad", "a", BuildOutcome.Failed), ("good", "a", BuildOutcome.Built)], history.Added.Select(r => (r.Name, r.Builder, r.Outcome)).OrderBy(r => r.Name, StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_holds_up_the_run_waits_for_the_fast_builder()
    {
        var goals = new[] { "long", "longer" }.Select(n => Make(n)).ToList();
        var history = new MemoryHistory { Times = { ["long"] = TimeSpan.FromSeconds(1000), ["longer"] = TimeSpan.FromSeconds(2000) } };
        var release = new TaskCompletionSource<BuildResult?>();
        var (fast, slow) = (new MemoryStore("fast") { OnBuild = (_, _) => release.Task }, new MemoryStore("slow"));
        OnEvent = e => _ = e is BuildEvent.Decision { Text: var text } && text.Contains("waits for a slot of fast", StringComparison.Ordinal) && release.TrySetResult(null);

        var results = await RunAsync(goals, Run(
            new BuildRunOptions { History = history }, Local,
            new BuilderStore(SchedulingFixture.Builder("fast", 1, 10), fast), new BuilderStore(SchedulingFixture.Builder("slow", 1, 0.1), slow)));

        Assert.All(results, r => Assert.Equal((GoalStatus.Built, "fast"), (r.Status, r.Builder)));
        Assert.Empty(slow.BuildsAsked);
    }

    [Fact]
    public async Task The_way_that_took_longest_before_goes_first()
    {
        var goals = new[] { "quick", "slow", "medium" }.Select(n => Make(n)).ToList();
        var history = new MemoryHistory { Times = { ["quick"] = TimeSpan.FromSeconds(1), ["slow"] = TimeSpan.FromHours(1), ["medium"] = TimeSpan.FromMinutes(1) } };
        var a = new MemoryStore("a");

        await RunAsync(goals, new BuildRunOptions { History = history }, (a, 1));

        Assert.Equal(["slow", "medium", "quick"], a.BuildsAsked.Select(p => p.Name[..^4]));
    }

    [Fact]
    public async Task Slots_that_others_hold_are_not_used_and_their_end_is_noticed()
    {
        using var folder = new TemporaryFolder();
        var slots = SlotDirectory.Open(folder["current-load"]);
        var a = new MemoryStore("a");
        var held = slots.TryTakeSlot(SchedulingFixture.Builder("a", 1).ToStoreUri(), 1, out _);
        OnEvent = e =>
        {
            if (e is BuildEvent.Waiting { Reason: not null })
            {
                Assert.Empty(a.BuildsAsked);
                held!.Dispose();
            }
        };

        var result = Assert.Single(await RunAsync([Make("goal")], new BuildRunOptions { Slots = slots }, (a, 1)));

        Assert.Equal(GoalStatus.Built, result.Status);
        Assert.Contains(Events.OfType<BuildEvent.Waiting>(), w => w.Reason?.Contains("all slots of a (1 of 1)", StringComparison.Ordinal) == true);
        using var free = slots.TryTakeSlot(SchedulingFixture.Builder("a", 1).ToStoreUri(), 1, out _);
        Assert.NotNull(free);
    }

    [Fact]
    public async Task What_prefers_a_local_build_is_built_here()
    {
        var goals = Enumerable.Range(0, 4).Select(i => With(Make($"goal{i}"), "preferLocalBuild", "1")).ToList();
        var a = new MemoryStore("a");
        var here = new BuilderStore(SchedulingFixture.Builder("local", 1), Local) { IsLocal = true };

        var results = await RunAsync(goals, Run(new BuildRunOptions { Policy = SelectionPolicy.Nix }, Local, [.. Builders((a, 4)), here]));

        Assert.All(results, r => Assert.Equal((GoalStatus.Built, "local", 0L), (r.Status, r.Builder, r.BytesReceived)));
        Assert.Empty(a.BuildsAsked);
    }
}
