using NixRemote.Builds;
using NixRemote.Scheduling;
using NixRemote.StoreObjects;
using NixRemote.Stores;
using NixRemote.Tests.Scheduling;

namespace NixRemote.Tests.Builds;

/// <summary>What a run decides, on stores in memory: the moments that real ones cannot be made to show on demand. Real builders
/// are in RemoteBuildTests.</summary>
public sealed class BuildRunTests : BuildRunFixture
{
    [Fact]
    public async Task A_diamond_is_built_and_only_the_goal_comes_home()
    {
        var (bottom, _, _, top) = Diamond();
        var a = new MemoryStore("a");
        var b = new MemoryStore("b");

        var result = Assert.Single(await RunAsync([top], a, b));

        Assert.Equal(GoalStatus.Built, result.Status);
        Assert.Equal(4, a.BuildsAsked.Count + b.BuildsAsked.Count);
        Assert.True(Local.Has(top.Outputs[0].Path!));
        Assert.Contains("building top on ", result.Log);
        Assert.Equal([bottom.Outputs[0].Path!], a.Added.Concat(b.Added).Where(p => p == bottom.Outputs[0].Path).ToList());
    }

    [Theory]
    [InlineData(CopyOutputs.Goals, "top")]
    [InlineData(CopyOutputs.All, "bottom,left,right,top")]
    [InlineData(CopyOutputs.None, "")]
    public async Task The_outputs_that_come_home(CopyOutputs which, string names)
    {
        var (bottom, left, right, top) = Diamond();
        Make("unrelated");
        MemoryStore a = null!;
        a = new MemoryStore("a")
        {
            // Outputs that refer to nothing, so that nothing comes along with another.
            OnBuild = (derivation, _) =>
            {
                a.Put(derivation.Outputs[0].Path!, [1]);
                return Task.FromResult<BuildResult?>(new BuildResult { Status = BuildStatus.Built });
            },
        };

        var result = Assert.Single(await RunAsync([top], new BuildRunOptions { CopyOutputs = which }, (a, 2)));

        Assert.Equal((GoalStatus.Built, null), (result.Status, result.Error));
        Assert.Equal(top.Outputs[0].Path!.ToString(), result.Outputs["out"]);
        Assert.Equal(names, string.Join(',', new[] { bottom, left, right, top }.Where(d => Local.Has(d.Outputs[0].Path!)).Select(d => d.Name)));

        // Once more: now nothing is built, and nothing comes with None.
        var again = Assert.Single(await RunAsync([top], new BuildRunOptions { CopyOutputs = which }, (a, 1)));
        Assert.Equal(GoalStatus.AlreadyValid, again.Status);
        Assert.Equal(4, a.BuildsAsked.Count);
    }

    [Fact]
    public async Task An_intermediate_output_that_must_be_signed_and_is_not_ends_what_needs_it()
    {
        var bottom = Make("bottom");
        var top = Make("top", bottom);
        var a = new MemoryStore("a");
        var b = new MemoryStore("b");
        a.Put(bottom.Outputs[0].Path!, [1]);
        var keys = new TrustedKeys([], Stores.BinaryCache.Caches.Signatures);
        var builders = new[] { a, b }.Select(s => new BuilderStore(SchedulingFixture.Builder(s.Name, s == a ? 1 : 2, s == a ? 0.001 : 1000), TrustingStore.Of(s, keys))).ToArray();

        var result = Assert.Single(await RunAsync([top], Run(new BuildRunOptions { Policy = SelectionPolicy.Nix }, Local, builders)));

        Assert.Equal((GoalStatus.Failed, NixErrors.SignatureMissing, "a"), (result.Status, result.Error!.Definition, result.Error.Builder));
        Assert.Empty(b.BuildsAsked);
        Assert.Empty(Events.OfType<BuildEvent.BuilderLost>());
    }

    [Fact]
    public async Task A_path_goes_to_a_builder_once_whoever_needs_it()
    {
        var source = StorePathFactory.Text("source", NixHash.Sha256("s"u8), []);
        Local.Put(source, "s"u8.ToArray());
        var goals = Enumerable.Range(0, 20).Select(i => Make($"user{i}")).ToList();
        var withSource = goals.Select(g => WithSource(g, source)).ToList();
        var a = new MemoryStore("a");

        await RunAsync(withSource, a);

        Assert.Equal([source], a.Added);
    }

    [Fact]
    public async Task What_the_destination_has_needs_no_builder()
    {
        var goal = Make("there");
        Local.Put(goal.Outputs[0].Path!, "x"u8.ToArray());
        var never = new MemoryStore("never") { OnConnect = token => Task.Delay(Timeout.Infinite, token) };

        Assert.Equal(GoalStatus.AlreadyValid, Assert.Single(await RunAsync([goal], never)).Status);
    }

    [Fact]
    public async Task What_a_builder_has_is_copied_and_not_built()
    {
        var (_, _, _, top) = Diamond();
        var a = new MemoryStore("a");
        var b = new MemoryStore("b");
        b.Put(top.Outputs[0].Path!, "top"u8.ToArray());

        var result = Assert.Single(await RunAsync([top], a, b));

        Assert.Equal(GoalStatus.Copied, result.Status);
        Assert.Empty(a.BuildsAsked.Concat(b.BuildsAsked));
        Assert.Equal([top.Outputs[0].Path!], Local.Added);
    }

    [Theory]
    [InlineData("top", "", "top")]
    [InlineData("left", "right,bottom,top", "top,left,right,bottom")]
    [InlineData("left,right", "top", "top,left,right")]
    [InlineData("", "bottom,left,right,top", "top,left,right,bottom")]
    public async Task What_substituters_have_is_not_built_and_nothing_below_it_is_asked_for(string substitutes, string built, string asked)
    {
        var (bottom, left, right, top) = Diamond();
        Derivation[] all = [bottom, left, right, top];
        Local.Substitutes.UnionWith(all.Where(d => substitutes.Split(',').Contains(d.Name)).Select(d => d.Outputs[0].Path!));
        var a = new MemoryStore("a");

        var result = Assert.Single(await RunAsync([top], new BuildRunOptions { UseSubstitutes = true }, (a, 1)));

        Assert.True(result.Success);
        Assert.Equal(Sorted(built), Sorted(string.Join(',', a.BuildsAsked.Select(p => p.Name[..^4]))));
        Assert.Equal(Sorted(asked), Sorted(string.Join(',', Local.SubstitutesAsked.Select(p => p.Name))));

        static string Sorted(string names) => string.Join(',', names.Split(',').Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_failed_build_is_final_and_stops_the_rest()
    {
        var bad = Make("bad");
        var top = Make("top", bad);
        var a = new MemoryStore("a") { OnBuild = Fail(bad, BuildStatus.PermanentFailure) };

        var result = Assert.Single(await RunAsync([top], a));

        Assert.Equal(GoalStatus.DependencyFailed, result.Status);
        Assert.Equal(NixErrors.DependencyFailed, result.Error!.Definition);
        var failed = Assert.Single(Events.OfType<BuildEvent.Failed>());
        Assert.Equal(NixErrors.BuildFailed, failed.Error.Definition);
        Assert.Contains("building bad on a", failed.Error.Message);
        Assert.Equal([bad.Path], a.BuildsAsked);
    }

    [Theory]
    [InlineData(false, GoalStatus.NotBuilt)]
    [InlineData(true, GoalStatus.Built)]
    public async Task KeepGoing_builds_what_does_not_need_the_failed_one(bool keepGoing, GoalStatus other)
    {
        var bad = Make("bad");
        var good = Make("good");
        var a = new MemoryStore("a") { OnBuild = Fail(bad, BuildStatus.PermanentFailure) };

        var results = await RunAsync([bad, good], new BuildRunOptions { KeepGoing = keepGoing }, (a, 1));

        Assert.Equal([GoalStatus.Failed, other], results.Select(r => r.Status));
    }

    [Theory]
    [InlineData(BuildStatus.TransientFailure)]
    [InlineData(BuildStatus.MiscFailure)]
    [InlineData(BuildStatus.InputRejected)]
    public async Task A_builders_own_failure_sends_the_derivation_elsewhere(BuildStatus status)
    {
        var goal = Make("goal");
        var a = new MemoryStore("a") { OnBuild = Fail(goal, status) };
        var b = new MemoryStore("b");

        var result = Assert.Single(await RunAsync([goal], a, b));

        Assert.Equal(("b", GoalStatus.Built), (result.Builder, result.Status));
        Assert.Equal(NixErrors.BuilderFailed, Assert.Single(result.Attempts).Definition);
    }

    [Fact]
    public async Task A_lost_connection_sends_its_derivations_elsewhere()
    {
        var goals = Enumerable.Range(0, 6).Select(i => Make($"goal{i}")).ToList();
        var a = new MemoryStore("a") { OnBuild = (_, _) => throw new NixRemoteException(NixErrors.ConnectionLost, "The connection broke.") };
        var b = new MemoryStore("b");

        var results = await RunAsync(goals, a, b);

        Assert.All(results, r => Assert.Equal(("b", GoalStatus.Built), (r.Builder, r.Status)));
        Assert.Equal("a", Assert.Single(Events.OfType<BuildEvent.BuilderLost>()).Builder);
    }

    [Fact]
    public async Task When_nobody_takes_it_the_error_has_each_builders_reason()
    {
        var goal = Make("goal");
        var a = new MemoryStore("a") { OnConnect = _ => throw new NixRemoteException(NixErrors.ConnectionRefused, "Nothing listens.") };

        var result = Assert.Single(await RunAsync([goal], new BuildRunOptions(), (a, 1), (new MemoryStore("b"), 0)));

        Assert.Equal(NixErrors.NoEligibleBuilder, result.Error!.Definition);
        Assert.Contains("a: it cannot be used: Nothing listens.", result.Error.Message);
        Assert.Contains("b: its job count is 0", result.Error.Message);
    }

    [Fact]
    public async Task A_builder_that_does_not_answer_holds_nobody_up()
    {
        var goal = Make("goal");
        var never = new MemoryStore("never") { OnConnect = token => Task.Delay(Timeout.Infinite, token) };
        var b = new MemoryStore("b");

        var results = await RunAsync([goal], new BuildRunOptions { ConnectGrace = TimeSpan.Zero }, (never, 1), (b, 1));

        Assert.Equal("b", Assert.Single(results).Builder);
    }

    [Fact]
    public async Task Job_counts_are_kept_to()
    {
        var goals = Enumerable.Range(0, 30).Select(i => Make($"goal{i}")).ToList();
        var a = new MemoryStore("a");
        var b = new MemoryStore("b");

        await RunAsync(goals, new BuildRunOptions(), (a, 3), (b, 2));

        Assert.InRange(a.MostBuilds, 1, 3);
        Assert.InRange(b.MostBuilds, 1, 2);
    }

    [Fact]
    public async Task A_cancelled_run_ends_its_builds()
    {
        var goal = Make("goal");
        var begun = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        var a = new MemoryStore("a")
        {
            OnBuild = async (_, token) =>
            {
                begun.SetResult();
                token.Register(ended.SetResult);
                await Task.Delay(Timeout.Infinite, token);
                return null;
            },
        };
        using var cancel = new CancellationTokenSource();
        var run = Run(new BuildRunOptions(), (a, 1)).RunAsync([new BuildGoal(goal.Path, null)], cancel.Token);
        await begun.Task;

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_bad_path_fails_its_own_goal_only()
    {
        var goals = Enumerable.Range(0, 5).Select(i => Make($"goal{i}")).ToList();
        var bad = goals[2].Outputs[0].Path!;
        var destination = new MemoryStore("destination")
        {
            OnAdd = path =>
            {
                if (path == bad)
                {
                    throw new NixRemoteException(NixErrors.NarHashMismatch, "The hash differs.");
                }
            },
        };
        var run = Run(new BuildRunOptions(), destination, Builders((new MemoryStore("a"), 1)));

        var results = await run.RunAsync([.. goals.Select(g => new BuildGoal(g.Path, null))], CancellationToken.None);

        Assert.Equal([2], results.Select((r, i) => (r, i)).Where(x => !x.r.Success).Select(x => x.i));
        Assert.Equal(NixErrors.NarHashMismatch, results[2].Error!.Definition);
    }

    [Fact]
    public async Task A_plan_names_builders_and_what_would_be_sent()
    {
        var source = StorePathFactory.Text("source", NixHash.Sha256("s"u8), []);
        Local.Put(source, "s"u8.ToArray());
        var goal = WithSource(Make("goal"), source);
        var a = new MemoryStore("a");

        var plan = Assert.Single(await Run(new BuildRunOptions(), (a, 1)).PlanAsync([new BuildGoal(goal.Path, null)], CancellationToken.None));

        Assert.Equal((goal.Path, "a", 1, 120L), (plan.DerivationPath, plan.Builder, plan.UploadPaths, plan.UploadBytes));
        Assert.Empty(a.Added);
        Assert.Empty(a.BuildsAsked);
    }

    [Fact]
    public async Task A_derivation_that_is_not_there_is_named()
    {
        var path = StorePath.FromBaseName("3pysdbjixd4amzidam0kp6vwzpqy58y3-a.drv");

        var error = await Assert.ThrowsAsync<NixRemoteException>(
            () => Run(new BuildRunOptions(), (new MemoryStore("a"), 1)).RunAsync([new BuildGoal(path, null)], CancellationToken.None));

        Assert.Equal((NixErrors.DerivationMissing, path.ToString()), (error.Definition, error.Target));
    }

    // channels that the builder's connections allow beside one build, the round trip → whether several are used
    [Theory]
    [InlineData(18, 15, true)]
    [InlineData(18, 0, false)]
    [InlineData(5, 15, false)]
    public async Task Large_inputs_go_a_long_way_over_several_channels(int connections, int milliseconds, bool several)
    {
        Local.Channels = 17;
        var far = new MemoryStore("far") { Channels = connections, RoundTrip = TimeSpan.FromMilliseconds(milliseconds) };
        var inputs = Enumerable.Range(0, 8).Select(i => Make($"input{i}")).ToList();
        for (var i = 0; i < inputs.Count; i++)
        {
            Local.Put(inputs[i].Outputs[0].Path!, new byte[3 << 20], i % 2 == 1 ? [inputs[i - 1].Outputs[0].Path!] : []);
        }

        var top = Make("top", [.. inputs]);

        var result = Assert.Single(await RunAsync([top], new BuildRunOptions(), (far, 1)));

        Assert.Equal(GoalStatus.Built, result.Status);
        Assert.Equal(inputs.Select(i => i.Outputs[0].Path!).Order(), far.Added.Order());
        Assert.Equal(several, far.MostUploads > 1);
    }
}
