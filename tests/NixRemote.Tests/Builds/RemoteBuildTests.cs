using System.Collections.Concurrent;
using NixRemote.Builders;
using NixRemote.Builds;
using NixRemote.Scheduling;
using NixRemote.StoreObjects;
using NixRemote.Stores;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Builds;

/// <summary>Runs on real builders: each Nix version over each protocol.</summary>
[Collection(TestBedCollection.Name)]
public sealed class RemoteBuildTests
{
    private readonly ConcurrentQueue<BuildEvent> _events = new();

    private static NixTestBed Bed => NixTestBed.Current;

    public static TheoryData<string, string> BuildersTimesProtocols => NixTestBed.BuildersTimesProtocols;

    [TestBedTheory]
    [MemberData(nameof(BuildersTimesProtocols))]
    public async Task A_chain_with_several_outputs_is_built_and_comes_home(string node, string protocol)
    {
        var below = Nonce.Derivation("below", "echo from below > $out; echo lib > $dev", "outputs = [ \"out\" \"dev\" ];");
        var drv = await Bed.InstantiateAsync($"let below = {below}; in {Nonce.Derivation("above", "echo line one; echo line two >&2; cat $below $dev > $out; ln -s $below $doc", "inherit below; dev = below.dev; outputs = [ \"out\" \"doc\" ];")}");

        var result = Assert.Single(await RunAsync([drv], Builder(node, protocol)));

        Assert.Null(result.Error);
        Assert.Equal(GoalStatus.Built, result.Status);
        Assert.Equal(["doc", "out"], result.Outputs.Keys);
        Assert.Equal("line one\nline two\n", result.Log);
        Assert.Equal(node, result.Builder);
        foreach (var output in result.Outputs.Values)
        {
            Assert.True(await Bed.VerifyPathAsync(Bed.Client, output.ToString()));
        }

        Assert.Equal("from below\nlib\n", await File.ReadAllTextAsync(Bed.OnHost(Bed.Client, result.Outputs["out"])));
    }

    [TestBedTheory]
    [MemberData(nameof(BuildersTimesProtocols))]
    public async Task Only_the_wanted_output_comes_home(string node, string protocol)
    {
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("two", "echo a > $out; echo b > $dev", "outputs = [ \"out\" \"dev\" ];"));

        var result = Assert.Single(await RunAsync([drv + "^dev"], Builder(node, protocol)));

        Assert.Equal(["dev"], result.Outputs.Keys);
        Assert.True(await Bed.VerifyPathAsync(Bed.Client, result.Outputs["dev"]));
        var other = DerivationGraphOutput(drv, result);
        Assert.False(await Bed.VerifyPathAsync(Bed.Client, other));
    }

    [TestBedTheory]
    [MemberData(nameof(BuildersTimesProtocols))]
    public async Task A_failing_build_shows_its_exit_and_the_end_of_its_log(string node, string protocol)
    {
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("bad", "for i in $(seq 1 40); do echo line $i; done; exit 7"));

        var result = Assert.Single(await RunAsync([drv], Builder(node, protocol)));

        Assert.Equal((GoalStatus.Failed, NixErrors.BuildFailed), (result.Status, result.Error!.Definition));
        Assert.Contains("exit code 7", result.Error.Message);
        Assert.Contains("The last 25 lines of its log:\n  > line 16\n", result.Error.Message);
        Assert.EndsWith("  > line 40", result.Error.Message);
        Assert.Equal((node, drv), (result.Error.Builder, result.Error.Target));
        Assert.Equal(40, result.Log.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [TestBedTheory]
    [MemberData(nameof(BuildersTimesProtocols))]
    public async Task A_claimed_feature_that_the_builder_lacks_is_the_builders_failure(string node, string protocol)
    {
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("feature", "echo > $out", "requiredSystemFeatures = [ \"no-such-feature\" ];"));

        var result = Assert.Single(await RunAsync([drv], Builder(node, protocol) with { SupportedFeatures = ["no-such-feature"] }));

        Assert.Equal((GoalStatus.Failed, NixErrors.BuilderFailed), (result.Status, result.Error!.Definition));
        Assert.Contains("no-such-feature", result.Error.Message);
    }

    [TestBedTheory]
    [InlineData("requiredSystemFeatures = [ \"nobody-has-it\" ];", "it lacks the feature nobody-has-it")]
    [InlineData("system = \"riscv64-linux\";", "not for riscv64-linux")]
    public async Task What_no_builder_takes_says_why(string attribute, string reason)
    {
        var expression = Nonce.Derivation("nobody", "echo > $out", attribute);
        var drv = await Bed.InstantiateAsync(attribute.StartsWith("system", StringComparison.Ordinal)
            ? expression.Replace("system = builtins.currentSystem;", "", StringComparison.Ordinal) : expression);

        var result = Assert.Single(await RunAsync([drv], Builder("b28", "ssh"), Builder("b234", "ssh-ng")));

        Assert.Equal((GoalStatus.Failed, NixErrors.NoEligibleBuilder), (result.Status, result.Error!.Definition));
        Assert.Contains("b28: ", result.Error.Message);
        Assert.Contains("b234: ", result.Error.Message);
        Assert.Contains(reason, result.Error.Message);
    }

    [TestBedTheory]
    [MemberData(nameof(BuildersTimesProtocols))]
    public async Task A_cancelled_run_ends_within_two_seconds_and_leaves_no_remote_build(string node, string protocol)
    {
        var mark = Nonce.Next();
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("long", $"echo started; sleep 600 # {mark}"));
        using var cancel = new CancellationTokenSource();
        var started = new TaskCompletionSource();
        var run = RunAsync([drv], [Builder(node, protocol)], new BuildRunOptions(), e =>
        {
            if (e is BuildEvent.LogLine)
            {
                started.TrySetResult();
            }
        }, cancel.Token);
        await started.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(await RunsAsync(node, mark));

        var clock = System.Diagnostics.Stopwatch.StartNew();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);

        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.True(await EndsAsync(node, mark), "The build still runs on the builder.");
    }

    [TestBedTheory]
    [InlineData("ssh")]
    [InlineData("ssh-ng")]
    public async Task Timeouts_end_a_build(string protocol)
    {
        var mark = Nonce.Next();
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("slow", $"sleep 600 # {mark}"));

        var result = Assert.Single(await RunAsync(
            [drv], [Builder("b234", protocol)], new BuildRunOptions { Build = new BuildOptions { Timeout = TimeSpan.FromSeconds(1) } }, _ => { }, CancellationToken.None));

        Assert.Equal((GoalStatus.TimedOut, NixErrors.BuildTimedOut), (result.Status, result.Error!.Definition));
        Assert.True(await EndsAsync("b234", mark), "The build still runs on the builder.");
    }

    [TestBedTheory]
    [InlineData("ssh")]
    [InlineData("ssh-ng")]
    public async Task A_remote_that_dies_in_a_build_is_named_and_tried_again_after_its_rest(string protocol)
    {
        var mark = $"/tmp/{Nonce.Next()}";
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("dies", $"echo started; if [ -e {mark} ]; then rm -f {mark}; echo > $out; else touch {mark}; exec sleep 600; fi"));
        var started = new TaskCompletionSource();
        var run = RunAsync([drv], [Builder("b226", protocol, "b226")], new BuildRunOptions { Rest = new RestTimes { First = TimeSpan.FromSeconds(0.1) } }, e =>
        {
            if (e is BuildEvent.LogLine)
            {
                started.TrySetResult();
            }
        }, CancellationToken.None);
        await started.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await Bed.ExecAsync("b226", "sh", "-c", $"while ! test -e {mark}; do sleep 0.05; done");

        // The processes that serve our user, as if the machine's memory had run out.
        await Bed.ExecAsync("b226", "pkill", "-KILL", "-u", "nix", "nix");

        var result = Assert.Single(await run.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.Equal(GoalStatus.Built, result.Status);
        var failure = Assert.Single(result.Attempts);
        Assert.Equal((NixErrors.RemoteDied, "b226"), (failure.Definition, failure.Builder));
        Assert.Contains("build", failure.Message);
        Assert.Same(failure.ToException(), Assert.Single(_events.OfType<BuildEvent.BuilderLost>()).Error);
    }

    [TestBedFact]
    public async Task Work_spreads_over_all_builders_and_paths_move_between_them()
    {
        var leaves = Enumerable.Range(0, 12).Select(i => Nonce.Derivation($"leaf{i}", $"sleep 0.2; echo {i} > $out")).ToList();
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("root", "cat $leaves > $out", $"leaves = [ {string.Join(' ', leaves.Select(l => $"({l})"))} ];"));

        var result = Assert.Single(await RunAsync([drv], Builder("b28", "ssh"), Builder("b226", "ssh-ng"), Builder("b234", "ssh")));

        Assert.Equal(GoalStatus.Built, result.Status);
        Assert.Equal(["b226", "b234", "b28"], _events.OfType<BuildEvent.Built>().Select(b => b.Builder).Distinct().Order());
        Assert.True(await Bed.VerifyPathAsync(Bed.Client, result.Outputs["out"]));
        Assert.Contains(_events.OfType<BuildEvent.TransferEnded>(), t => t.From is "b28" or "b226" or "b234" && t.To is "b28" or "b226" or "b234");
    }

    [TestBedFact]
    public async Task What_a_builder_has_comes_home_and_nothing_else_is_built_or_moved()
    {
        var below = Nonce.Derivation("below", "echo below > $out");
        var drv = await Bed.InstantiateAsync($"let below = {below}; in {Nonce.Derivation("top", "cat $below > $out", "inherit below;")}");
        await RunAsync([drv], [Builder("b226", "ssh-ng")], new BuildRunOptions { CopyOutputs = CopyOutputs.None }, _ => { }, CancellationToken.None);
        _events.Clear();

        var result = Assert.Single(await RunAsync([drv], Builder("b28", "ssh"), Builder("b226", "ssh-ng")));

        Assert.Equal(GoalStatus.Copied, result.Status);
        Assert.Empty(_events.OfType<BuildEvent.Started>());
        Assert.Equal(("b226", "local", 1), _events.OfType<BuildEvent.TransferEnded>().Select(t => (t.From, t.To, t.Paths)).Single());
        Assert.True(await Bed.VerifyPathAsync(Bed.Client, result.Outputs["out"].ToString()));
    }

    private static NixBuilder Builder(string node, string protocol, string? host = null) => TestBedRuns.Builder(node, protocol, host);

    private Task<IReadOnlyList<NixBuildResult>> RunAsync(IReadOnlyList<string> goals, params NixBuilder[] builders) =>
        RunAsync(goals, builders, new BuildRunOptions(), _ => { }, CancellationToken.None);

    private Task<IReadOnlyList<NixBuildResult>> RunAsync(
        IReadOnlyList<string> goals, NixBuilder[] builders, BuildRunOptions options, Action<BuildEvent> events, CancellationToken cancellationToken) =>
        TestBedRuns.RunAsync(goals, builders, options, e =>
        {
            _events.Enqueue(e);
            events(e);
        }, cancellationToken);

    private static string DerivationGraphOutput(string drv, NixBuildResult result) =>
        DerivationParser.Parse(StorePath.Parse(result.DerivationPath), File.ReadAllBytes(Bed.OnHost(Bed.Client, drv))).Outputs.Single(o => o.Name == "out").Path!.ToString();

    private static async Task<bool> RunsAsync(string node, string mark) => (await Bed.ExecAsync(node, "pgrep", "-f", mark)).ExitCode == 0;

    /// <summary>Waits, on the builder, until no process carries the mark: at most 10 s.</summary>
    private static async Task<bool> EndsAsync(string node, string mark) =>
        (await Bed.ExecAsync(node, "timeout", "10", "sh", "-c", $"while pgrep -f '[{mark[0]}]{mark[1..]}' >/dev/null; do sleep 0.05; done")).ExitCode == 0;
}
