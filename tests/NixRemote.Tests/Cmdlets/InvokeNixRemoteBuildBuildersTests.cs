using NixRemote.Builds;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Cmdlets;

/// <summary>Which builders Invoke-NixRemoteBuild uses, this machine among them, and what it remembers of them.</summary>
[Collection(ClientEnvironmentCollection.Name)]
public sealed class InvokeNixRemoteBuildBuildersTests
{
    private static NixTestBed Bed => NixTestBed.Current;

    private static string HistoryFile => Path.Combine(Environment.GetEnvironmentVariable("XDG_STATE_HOME")!, "nixremote", "history.db");

    [TestBedTheory]
    [InlineData("-Name b226", "b226")]
    [InlineData("-Name b22*, nothing*", "b226")]
    [InlineData("-ExcludeName b2[23]*, B234 -LocalJobs 0", "b28")]
    [InlineData("-Name b2* -ExcludeName b28, b226 -Policy Nix -LocalJobs 0", "b234")]
    [InlineData("-ExcludeName b* -LocalJobs 1", "local")]
    public async Task Builders_are_chosen_by_name(string arguments, string expected)
    {
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("chosen", "echo > $out"));

        var result = (await ClientEnvironment.RunAsync($"Invoke-NixRemoteBuild $drv {(arguments.Contains("LocalJobs", StringComparison.Ordinal) ? "" : "-LocalJobs 0 ")}{arguments}", ("drv", drv))).Succeeded();

        Assert.Equal(expected, Assert.Single(result.OutputOf<NixBuildResult>()).Builder);
    }

    [TestBedTheory]
    [InlineData("-Name nobody", nameof(NixErrors.BuilderNotFound), "'nobody'; there are b28, b226, b234")]
    [InlineData("-ExcludeName nobody", nameof(NixErrors.BuilderNotFound), "'nobody'")]
    [InlineData("-ExcludeName b2*", nameof(NixErrors.NoBuilders), "leave none of the builders b28, b226, b234")]
    [InlineData("-Name x*", nameof(NixErrors.NoBuilders), "leave none")]
    public async Task Names_that_leave_nobody_end_the_cmdlet(string arguments, string id, string words)
    {
        var result = await ClientEnvironment.RunAsync($"Invoke-NixRemoteBuild /nix/store/{new string('0', 32)}-x.drv {arguments}");

        Assert.Equal($"{id},NixRemote.Commands.InvokeNixRemoteBuildCommand", result.TerminatingError?.FullyQualifiedErrorId);
        Assert.Contains(words, result.TerminatingError!.ToString(), StringComparison.Ordinal);
    }

    [TestBedFact]
    public async Task A_builder_that_is_left_out_is_named_where_it_would_have_been_the_one()
    {
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("big", "echo > $out", "requiredSystemFeatures = [ \"big-parallel\" ];"));

        var result = await ClientEnvironment.RunAsync("Invoke-NixRemoteBuild $drv -ExcludeName b234 -LocalJobs 0", ("drv", drv));

        Assert.Contains("b234: it is left out by its name", Assert.Single(result.Errors).ToString(), StringComparison.Ordinal);
    }

    [TestBedTheory]
    [InlineData("-LocalJobs 1", "local")]
    [InlineData("-LocalJobs 1 -Policy Nix", "local")]
    [InlineData("-LocalJobs 0", "b28")]
    [InlineData("-Builder b28", "b28")]
    public async Task What_prefers_a_local_build_is_built_here_if_this_machine_builds(string arguments, string expected)
    {
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("here", "echo > $out", "preferLocalBuild = true;"));

        var result = (await ClientEnvironment.RunAsync($"Invoke-NixRemoteBuild $drv {(arguments.Contains("Builder", StringComparison.Ordinal) ? "" : "-Name b28 ")}{arguments}", ("drv", drv))).Succeeded();

        var goal = Assert.Single(result.OutputOf<NixBuildResult>());
        Assert.Equal((GoalStatus.Built, expected), (goal.Status, goal.Builder));
        Assert.True(await Bed.VerifyPathAsync(Bed.Client, goal.Outputs["out"].ToString()));
        Assert.Equal(expected == "local", goal.BytesReceived == 0);
    }

    [TestBedFact]
    public async Task This_machine_builds_on_what_builders_have_built()
    {
        var below = Nonce.Derivation("below", "echo from below > $out", "requiredSystemFeatures = [ \"big-parallel\" ];");
        var drv = await Bed.InstantiateAsync($"let below = {below}; in {Nonce.Derivation("above", "cat $below > $out", "inherit below; preferLocalBuild = true;")}");

        var result = (await ClientEnvironment.RunAsync("Invoke-NixRemoteBuild $drv -LocalJobs 1 -Policy Nix", ("drv", drv))).Succeeded();

        var goal = Assert.Single(result.OutputOf<NixBuildResult>());
        Assert.Equal("local", goal.Builder);
        Assert.Equal("from below\n", await File.ReadAllTextAsync(Bed.OnHost(Bed.Client, goal.Outputs["out"].ToString())));
    }

    [TestBedTheory]
    [InlineData("", true)]
    [InlineData(" -NoHistory", false)]
    public async Task Builds_are_remembered_unless_told_otherwise(string option, bool remembered)
    {
        if (File.Exists(HistoryFile))
        {
            File.Delete(HistoryFile);
        }

        var drv = await Bed.InstantiateAsync(Nonce.Derivation("remembered", "echo > $out"));

        (await ClientEnvironment.RunAsync($"Invoke-NixRemoteBuild $drv -Builder b28{option}", ("drv", drv))).Succeeded();

        Assert.Equal(remembered, File.Exists(HistoryFile));
        if (remembered)
        {
            using var history = AdapterLoader.CreateBuildHistory(HistoryFile);
            Assert.Equal(120, history.Expected(["remembered"])["remembered"].OutputBytes); // the archive of a file with one byte
        }
    }

    [TestBedFact]
    public async Task A_damaged_history_is_one_warning_and_no_failure()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(HistoryFile)!);
        await File.WriteAllTextAsync(HistoryFile, new string('x', 10_000));
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("damaged", "echo > $out"));

        var result = (await ClientEnvironment.RunAsync("Invoke-NixRemoteBuild $drv -Builder b28", ("drv", drv))).Succeeded();

        Assert.Equal(GoalStatus.Built, Assert.Single(result.OutputOf<NixBuildResult>()).Status);
        Assert.Contains(HistoryFile, Assert.Single(result.Warnings), StringComparison.Ordinal);
    }

    [TestBedFact]
    public async Task Slots_that_cannot_be_shared_are_one_warning_a_session()
    {
        var file = Path.Combine(Bed.ShareDirectory, Nonce.Next());
        await File.WriteAllTextAsync(file, "");
        var drvs = await Bed.InstantiateAllAsync($"[ ({Nonce.Derivation("a", "echo > $out")}) ({Nonce.Derivation("b", "echo > $out")}) ]");

        var result = (await ClientEnvironment.RunAsync(
            "[Environment]::SetEnvironmentVariable('NIX_CURRENT_LOAD', $folder); try { $drvs.ForEach{ Invoke-NixRemoteBuild $_ -Builder b28 } } finally { [Environment]::SetEnvironmentVariable('NIX_CURRENT_LOAD', $null) }",
            ("drvs", drvs), ("folder", Path.Combine(file, "slots")))).Succeeded();

        Assert.Equal(2, result.OutputOf<NixBuildResult>().Count(r => r.Status == GoalStatus.Built));
        Assert.Contains("NIX_CURRENT_LOAD", Assert.Single(result.Warnings), StringComparison.Ordinal);
        File.Delete(file);
    }

    [TestBedFact]
    public async Task Builders_tell_how_busy_they_are()
    {
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("busy", "echo > $out"));

        var result = (await ClientEnvironment.RunAsync("Invoke-NixRemoteBuild $drv -UseRemoteLoad -LocalJobs 0 -Verbose", ("drv", drv))).Succeeded();

        foreach (var name in new[] { "b28", "b226", "b234" })
        {
            Assert.Contains(result.Verbose, v => System.Text.RegularExpressions.Regex.IsMatch(v, $@"^{name} has a load of \d+\.\d\d on {Environment.ProcessorCount} processors"));
        }
    }

    [TestBedTheory]
    [InlineData("ssh")]
    [InlineData("ssh-ng")]
    public async Task A_limit_of_0_is_none(string protocol)
    {
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("limit", "sleep 0.2; echo > $out"));

        var result = (await ClientEnvironment.RunAsync("Invoke-NixRemoteBuild $drv -Builder $builder -Timeout 0 -MaxSilentTime 0", ("drv", drv), ("builder", $"{protocol}://b234 x86_64-linux"))).Succeeded();

        Assert.Equal(GoalStatus.Built, Assert.Single(result.OutputOf<NixBuildResult>()).Status);
    }
}
