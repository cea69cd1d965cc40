using System.Diagnostics;
using NixRemote.Builds;
using NixRemote.Commands;
using NixRemote.Tests.Engine;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Cmdlets;

/// <summary>Invoke-NixRemoteBuild as a user runs it: the local store is that of the test bed's client, the builders are the configured ones.</summary>
[Collection(ClientEnvironmentCollection.Name)]
public sealed class InvokeNixRemoteBuildTests
{
    private static NixTestBed Bed => NixTestBed.Current;

    [TestBedFact]
    public async Task A_pipeline_of_derivations_gives_one_result_each()
    {
        var shared = Nonce.Derivation("shared", "echo shared > $out");
        var drvs = await Bed.InstantiateAllAsync(
            $"let shared = {shared}; in [ {string.Join(' ', Enumerable.Range(0, 3).Select(i => $"({Nonce.Derivation($"goal{i}", "cat $shared > $out", "inherit shared;")})"))} ]");

        var result = (await ClientEnvironment.RunAsync("$drvs | Invoke-NixRemoteBuild -Verbose", ("drvs", drvs))).Succeeded();

        var goals = result.OutputOf<NixBuildResult>().ToList();
        Assert.Equal(drvs.Order(), goals.Select(g => g.DerivationPath).Order());
        Assert.All(goals, g => Assert.Equal((GoalStatus.Built, true, (NixFailure?)null), (g.Status, g.Success, g.Error)));
        foreach (var goal in goals)
        {
            Assert.Equal("shared\n", await File.ReadAllTextAsync(Bed.OnHost(Bed.Client, goal.Outputs["out"])));
        }

        Assert.Single(result.Verbose, v => v.Contains("-shared.drv was built on", StringComparison.Ordinal));
    }

    [TestBedTheory]
    [InlineData("", "dev,doc,out")]
    [InlineData("^*", "dev,doc,out")]
    [InlineData("^dev", "dev")]
    [InlineData("!out,dev", "dev,out")]
    public async Task The_outputs_behind_the_derivation_come_home_and_no_others(string suffix, string names)
    {
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("several", "echo out > $out; echo dev > $dev; echo doc > $doc", "outputs = [ \"out\" \"dev\" \"doc\" ];"));

        var goal = await BuildAsync("Invoke-NixRemoteBuild -DerivationPath ($drv + $suffix)", ("drv", drv), ("suffix", suffix));

        Assert.Equal(names, string.Join(',', goal.Outputs.Keys));
        foreach (var name in new[] { "out", "dev", "doc" })
        {
            var output = (await Bed.ExecAsync(Bed.Client, "nix-store", "--query", "--binding", name, drv)).Succeeded();
            Assert.Equal(names.Split(',').Contains(name), await Bed.VerifyPathAsync(Bed.Client, output));
        }
    }

    [TestBedFact]
    public async Task The_result_tells_all()
    {
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("told", "echo line; head -c 5000 /dev/zero > $out; cat $source > /dev/null", $"source = builtins.toFile \"source\" \"{Nonce.Next()}\";"));

        var goal = await BuildAsync("Invoke-NixRemoteBuild $drv -Builder b226", ("drv", drv));

        Assert.Equal(("told", "b226", "line\n"), (goal.Name, goal.Builder, goal.Log));
        Assert.Empty(goal.Attempts);
        Assert.InRange(goal.BytesSent, 1, 1000);
        Assert.InRange(goal.BytesReceived, 5000, 6000);
        Assert.All(new[] { goal.WaitTime, goal.UploadTime, goal.BuildTime, goal.DownloadTime }, t => Assert.InRange(t, TimeSpan.FromTicks(1), TimeSpan.FromSeconds(30)));
    }

    [TestBedFact]
    public async Task What_is_there_is_not_built_again()
    {
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("again", "echo > $out"));

        var result = (await ClientEnvironment.RunAsync("Invoke-NixRemoteBuild $drv | Invoke-NixRemoteBuild", ("drv", drv))).Succeeded();

        var goal = Assert.Single(result.OutputOf<NixBuildResult>());
        Assert.Equal((GoalStatus.AlreadyValid, null), (goal.Status, goal.Builder));
    }

    [TestBedFact]
    public async Task Log_lines_are_information_records()
    {
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("logs", "echo first; echo second >&2; echo > $out"));

        var result = (await ClientEnvironment.RunAsync("$null = Invoke-NixRemoteBuild $drv -Builder b234", ("drv", drv))).Succeeded();

        Assert.All(result.Information, r => Assert.Equal(["NixBuildLog"], r.Tags));
        var lines = result.Information.Select(r => Assert.IsType<NixBuildLogLine>(r.MessageData)).ToList();
        Assert.Equal([("b234", "first"), ("b234", "second")], lines.Select(l => (l.Builder, l.Text)));
        Assert.Equal("logs@b234> first", lines[0].ToString());
        Assert.Equal(drv, lines[0].DerivationPath);
    }

    [TestBedFact]
    public async Task Progress_ends_with_completed_records()
    {
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("progress", "sleep 0.5; echo > $out"));

        var result = (await ClientEnvironment.RunAsync("$null = Invoke-NixRemoteBuild $drv", ("drv", drv))).Succeeded();

        Assert.Contains(result.Progress, p => p.Activity == "progress" && p.StatusDescription.StartsWith("building on b", StringComparison.Ordinal) && p.ParentActivityId > 0);
        Assert.All(
            result.Progress.GroupBy(p => p.ActivityId),
            records => Assert.Equal(System.Management.Automation.ProgressRecordType.Completed, records.Last().RecordType));
    }

    [TestBedFact]
    public async Task An_expression_with_attributes_is_evaluated_by_the_local_Nix()
    {
        var expression = $"{{ a = {Nonce.Derivation("a", "echo > $out")}; b.c = {Nonce.Derivation("c", "echo > $out")}; d = throw \"no\"; }}";

        var result = (await ClientEnvironment.RunAsync("Invoke-NixRemoteBuild -Expression $text -Attribute a, b.c", ("text", expression))).Succeeded();

        Assert.Equal(["a", "c"], result.OutputOf<NixBuildResult>().Select(g => g.Name).Order());
    }

    [TestBedFact]
    public async Task A_file_is_found_from_the_current_location()
    {
        var folder = Directory.CreateDirectory(Path.Combine(Bed.ShareDirectory, Nonce.Next()));
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "some.nix"), $"{{ it = {Nonce.Derivation("it", "echo > $out")}; }}");

            var goal = await BuildAsync("$null = $ExecutionContext.SessionState.Path.SetLocation($folder); Invoke-NixRemoteBuild -File some.nix -Attribute it", ("folder", folder.FullName));

            Assert.Equal("it", goal.Name);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [TestBedTheory]
    [InlineData("'b2*'", "b226,b234,b28")]
    [InlineData("b226", "b226")]
    [InlineData("b28, 'ssh-ng://b234 x86_64-linux - 2'", "b234,b28")]
    [InlineData("(Get-NixBuilder b234)", "b234")]
    public async Task Builders_are_given_as_names_texts_or_objects(string argument, string expected)
    {
        var leaves = await Bed.InstantiateAllAsync($"[ {string.Join(' ', Enumerable.Range(0, 6).Select(i => $"({Nonce.Derivation($"leaf{i}", "sleep 0.3; echo > $out")})"))} ]");

        var result = (await ClientEnvironment.RunAsync($"$drvs | Invoke-NixRemoteBuild -Builder {argument}", ("drvs", leaves))).Succeeded();

        Assert.Equal(expected, string.Join(',', result.OutputOf<NixBuildResult>().Select(g => g.Builder).Distinct().Order(StringComparer.Ordinal)));
    }

    [TestBedTheory]
    [InlineData("ssh-ng://b226")]
    [InlineData("b226")]
    public async Task The_outputs_go_to_the_destination_and_not_home(string destination)
    {
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("elsewhere", "echo > $out"));

        var goal = await BuildAsync("Invoke-NixRemoteBuild $drv -Builder b28 -Destination $destination", ("drv", drv), ("destination", destination));

        Assert.Equal(GoalStatus.Built, goal.Status);
        Assert.True(await Bed.VerifyPathAsync("b226", goal.Outputs["out"]));
        Assert.False(await Bed.VerifyPathAsync(Bed.Client, goal.Outputs["out"]));
    }

    [TestBedFact]
    public async Task A_derivation_of_a_builders_store_is_built_without_the_local_one()
    {
        var file = Path.Combine(Bed.ShareDirectory, Nonce.Next() + ".nix");
        await File.WriteAllTextAsync(file, Nonce.Derivation("remote", "echo > $out"));
        var drv = (await Bed.ExecAsync("b234", "nix-instantiate", file)).Succeeded();
        File.Delete(file);

        var goal = await BuildAsync("Invoke-NixRemoteBuild $drv -Store b234 -Builder b28", ("drv", drv));

        Assert.Equal((GoalStatus.Built, "b28"), (goal.Status, goal.Builder));
        Assert.True(await Bed.VerifyPathAsync("b234", goal.Outputs["out"]));
        Assert.False(await Bed.VerifyPathAsync(Bed.Client, drv));
    }

    [TestBedTheory]
    [InlineData("", GoalStatus.NotBuilt, 1)]
    [InlineData(" -KeepGoing", GoalStatus.Built, 1)]
    public async Task After_a_failure_it_goes_on_only_when_told(string option, GoalStatus other, int errors)
    {
        // One place to build, and goals start in their order.
        var drvs = await Bed.InstantiateAllAsync(
            $"let bad = {Nonce.Derivation("bad", "exit 1")}; in [ bad ({Nonce.Derivation("needs-bad", "cat $bad > $out", "inherit bad;")}) ({Nonce.Derivation("good", "echo > $out")}) ]");

        var result = await ClientEnvironment.RunAsync($"$drvs | Invoke-NixRemoteBuild -Builder 'ssh://b28 x86_64-linux - 1'{option}", ("drvs", drvs));

        Assert.Equal(
            [("bad", GoalStatus.Failed), ("good", other), ("needs-bad", GoalStatus.DependencyFailed)],
            result.OutputOf<NixBuildResult>().Select(g => (g.Name, g.Status)).OrderBy(g => g.Name, StringComparer.Ordinal));
        Assert.Equal(errors, result.Errors.Count);
    }

    [TestBedFact]
    public async Task WhatIf_shows_the_plan_and_builds_nothing()
    {
        var below = Nonce.Derivation("below", "cat $source > $out", $"source = builtins.toFile \"source\" \"{Nonce.Next()}\";");
        var drv = await Bed.InstantiateAsync($"let below = {below}; in {Nonce.Derivation("above", "cat $below > $out", "inherit below;")}");

        var result = (await ClientEnvironment.RunAsync("Invoke-NixRemoteBuild $drv -Builder b28 -WhatIf", ("drv", drv))).Succeeded();

        Assert.Matches(
            @"^What if: Build /nix/store/\w+-below\.drv on b28, send 1 path \(\d+ B\) there\.\nWhat if: Build /nix/store/\w+-above\.drv on b28, send 0 paths \(0 B\) there\.\n$", result.Screen);
        Assert.Empty(result.Output);
        foreach (var node in new[] { "b28", Bed.Client })
        {
            Assert.False(await Bed.VerifyPathAsync(node, (await Bed.ExecAsync(Bed.Client, "nix-store", "--query", "--outputs", drv)).Succeeded()));
        }
    }

    [TestBedTheory]
    [InlineData("ssh")]
    [InlineData("ssh-ng")]
    public async Task A_stopped_pipeline_ends_within_two_seconds_and_leaves_no_remote_build(string protocol)
    {
        var mark = Nonce.Next();
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("long", $"echo begun; sleep 600 # {mark}"));
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var stop = new CancellationTokenSource();
        using var runspace = new ModuleRunspace();
        runspace.Set("drv", drv);
        runspace.Set("begun", begun);
        var run = runspace.RunAsync($"Invoke-NixRemoteBuild $drv -Builder '{protocol}://b234 x86_64-linux' 6>&1 | ForEach-Object {{ $null = $begun.TrySetResult() }}", stop.Token);
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(0, (await Bed.ExecAsync("b234", "pgrep", "-f", mark)).ExitCode);

        var clock = Stopwatch.StartNew();
        await stop.CancelAsync();
        var result = await run.WaitAsync(TimeSpan.FromSeconds(10));

        Assert.True(result.Stopped);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2.5));
        var left = await Bed.ExecAsync("b234", "timeout", "10", "sh", "-c", $"while pgrep -f '[{mark[0]}]{mark[1..]}' >/dev/null; do sleep 0.05; done");
        Assert.Equal(0, left.ExitCode);
    }

    private static async Task<NixBuildResult> BuildAsync(string script, params (string Name, object? Value)[] variables) =>
        Assert.Single((await ClientEnvironment.RunAsync(script, variables)).Succeeded().OutputOf<NixBuildResult>());
}
