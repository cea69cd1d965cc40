using NixRemote.Builds;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Cmdlets;

/// <summary>Invoke-NixRemoteBuild -Rebuild on real builders.</summary>
[Collection(ClientEnvironmentCollection.Name)]
public sealed class RebuildTests
{
    private const string Same = "echo the same > $out";
    private const string Random = "head -c 20 /dev/urandom | od > $out";

    private static NixTestBed Bed => NixTestBed.Current;

    [TestBedTheory]
    [InlineData(Same, "b226", GoalStatus.Reproduced)]
    [InlineData(Random, "b226", GoalStatus.Differs)]
    public async Task Another_builder_builds_it_again(string script, string second, GoalStatus expected)
    {
        var drv = await Bed.InstantiateAsync(Needing(script));
        (await ClientEnvironment.RunAsync("Invoke-NixRemoteBuild $drv -Builder b28", ("drv", drv))).Succeeded();

        var result = await ClientEnvironment.RunAsync("Invoke-NixRemoteBuild $drv -Builder $second -Rebuild", ("drv", drv), ("second", second));

        var goal = Assert.Single(result.OutputOf<NixBuildResult>());
        Assert.Equal((expected, second, expected == GoalStatus.Reproduced), (goal.Status, goal.Builder, goal.Success));
        var comparison = Assert.Single(goal.Comparisons);
        Assert.Equal(("out", "the local store", second), (comparison.OutputName, comparison.First, comparison.Second));
        Assert.Equal(expected == GoalStatus.Reproduced, comparison.FirstHash == comparison.SecondHash);
        if (expected == GoalStatus.Differs)
        {
            AssertDiffers(result.Errors.Single().ToString(), comparison);
        }
        else
        {
            Assert.Empty(result.Errors);
            Assert.Null(comparison.FirstCopy);
        }
    }

    [TestBedTheory]
    [InlineData("ssh://b28-guest")]
    [InlineData("ssh-ng://b28-guest")]
    [InlineData("ssh://b234-guest")]
    [InlineData("ssh-ng://b234-guest")]
    public async Task A_builder_that_does_not_trust_the_user_builds_it_again(string builder)
    {
        var drv = await Bed.InstantiateAsync(Needing(Same));
        (await ClientEnvironment.RunAsync("Invoke-NixRemoteBuild $drv -Builder b226", ("drv", drv))).Succeeded();

        var result = await ClientEnvironment.RunAsync("Invoke-NixRemoteBuild $drv -Builder $builder -Rebuild", ("drv", drv), ("builder", $"{builder} x86_64-linux"));

        Assert.Empty(result.Errors);
        Assert.Equal(GoalStatus.Reproduced, Assert.Single(result.OutputOf<NixBuildResult>()).Status);
    }

    [TestBedTheory]
    [InlineData("ssh-ng", Same, GoalStatus.Reproduced)]
    [InlineData("ssh-ng", Random, GoalStatus.Differs)]
    [InlineData("ssh", Same, GoalStatus.Failed)]
    public async Task A_builder_that_has_it_checks_its_own_if_its_protocol_can(string protocol, string script, GoalStatus expected)
    {
        var drv = await Bed.InstantiateAsync(Needing(script));
        var builder = $"{protocol}://b234 x86_64-linux";
        (await ClientEnvironment.RunAsync("Invoke-NixRemoteBuild $drv -Builder $builder", ("drv", drv), ("builder", builder))).Succeeded();

        var result = await ClientEnvironment.RunAsync("Invoke-NixRemoteBuild $drv -Builder $builder -Rebuild", ("drv", drv), ("builder", builder));

        var goal = Assert.Single(result.OutputOf<NixBuildResult>());
        Assert.Equal(expected, goal.Status);
        if (expected == GoalStatus.Differs)
        {
            var comparison = Assert.Single(goal.Comparisons);
            Assert.False(comparison.IsEqual);
            Assert.Null(comparison.SecondHash);
            Assert.True(File.Exists(comparison.FirstCopy));
            Assert.Equal(NixErrors.OutputsDiffer, goal.Error!.Definition);
        }
        else if (expected == GoalStatus.Failed)
        {
            Assert.Equal(NixErrors.RebuildImpossible, goal.Error!.Definition);
            Assert.Contains("b234: it has the outputs, and over ssh:// it cannot check them", goal.Error.Message);
        }
    }

    [TestBedTheory]
    [InlineData(Same, GoalStatus.Reproduced)]
    [InlineData(Random, GoalStatus.Differs)]
    public async Task Two_builders_are_compared(string script, GoalStatus expected)
    {
        var drv = await Bed.InstantiateAsync(Needing(script));

        var result = await ClientEnvironment.RunAsync("Invoke-NixRemoteBuild $drv -Builder b28, b226 -Rebuild -CompareBuilders", ("drv", drv));

        var goal = Assert.Single(result.OutputOf<NixBuildResult>());
        Assert.Equal((expected, "b28, b226"), (goal.Status, goal.Builder));
        var comparison = Assert.Single(goal.Comparisons);
        Assert.Equal(("b28", "b226", expected == GoalStatus.Reproduced), (comparison.First, comparison.Second, comparison.IsEqual));
        if (expected == GoalStatus.Differs)
        {
            AssertDiffers(result.Errors.Single().ToString(), comparison);
        }
    }

    [TestBedFact]
    public async Task Goals_are_built_again_at_the_same_time_each_on_a_slot_of_its_own()
    {
        var counter = $"/tmp/{Nonce.Next()}";
        foreach (var node in new[] { "b28", "b226", "b234" })
        {
            await Bed.ExecAsync(node, "sh", "-c", $"mkdir -m 777 {counter}; touch {counter}.most; chmod 666 {counter}.most");
        }

        var below = Nonce.Derivation("below", "echo below > $out");
        var drvs = await Bed.InstantiateAllAsync($"let below = {below}; in [ " + string.Join(' ', Enumerable.Range(0, 6).Select(i =>
            $"({Nonce.Derivation($"goal{i}", $"touch {counter}/$$; ls {counter} | wc -l; ls {counter} | wc -l >> {counter}.most; sleep 0.3; rm {counter}/$$; echo $below > $out", "inherit below;")})")) + " ]");
        (await ClientEnvironment.RunAsync("$drvs | Invoke-NixRemoteBuild -Builder b28", ("drvs", drvs))).Succeeded();

        var result = (await ClientEnvironment.RunAsync("$drvs | Invoke-NixRemoteBuild -Rebuild -Builder 'ssh://b226 x86_64-linux - 2', 'ssh-ng://b234 x86_64-linux - 2'", ("drvs", drvs))).Succeeded();

        var goals = result.OutputOf<NixBuildResult>().ToList();
        Assert.Equal(6, goals.Count);
        Assert.All(goals, g => Assert.Equal(GoalStatus.Reproduced, g.Status));
        Assert.Equal(["b226", "b234"], goals.Select(g => g.Builder).Distinct().Order());
        foreach (var node in new[] { "b226", "b234" })
        {
            var most = (await Bed.ExecAsync(node, "cat", counter + ".most")).Succeeded().Split('\n').Select(l => int.Parse(l, null)).ToList();
            Assert.Equal((3, 2), (most.Count, most.Max()));
        }
    }

    [TestBedTheory]
    [InlineData("-Builder b28 -Rebuild -CompareBuilders", nameof(NixErrors.RebuildImpossible), "needs two builders to be built again, and 1 can")]
    [InlineData("-Builder b28 -Rebuild", nameof(NixErrors.RebuildImpossible), "there is nothing to compare")]
    public async Task What_cannot_be_compared_says_why(string arguments, string id, string words)
    {
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("alone", Same));

        var result = await ClientEnvironment.RunAsync($"Invoke-NixRemoteBuild $drv {arguments}", ("drv", drv));

        var error = Assert.Single(result.Errors);
        Assert.Equal($"{id},NixRemote.Commands.InvokeNixRemoteBuildCommand", error.FullyQualifiedErrorId);
        Assert.Contains(words, error.ToString(), StringComparison.Ordinal);
    }

    [TestBedFact]
    public async Task CompareBuilders_alone_makes_no_sense()
    {
        var result = await ClientEnvironment.RunAsync($"Invoke-NixRemoteBuild /nix/store/{new string('0', 32)}-x.drv -CompareBuilders");

        Assert.Equal("ParametersConflict,NixRemote.Commands.InvokeNixRemoteBuildCommand", result.TerminatingError?.FullyQualifiedErrorId);
    }

    /// <summary>A derivation that needs another one and a source.</summary>
    private static string Needing(string script) => Nonce.Derivation(
        "again", $"cat $below $source > /dev/null; {script}", $"below = {Nonce.Derivation("below", "echo below > $out")}; source = builtins.toFile \"source\" \"{Nonce.Next()}\";");

    private static void AssertDiffers(string error, OutputComparison comparison)
    {
        Assert.NotEqual(comparison.FirstHash, comparison.SecondHash);
        Assert.NotEqual(File.ReadAllText(comparison.FirstCopy!), File.ReadAllText(comparison.SecondCopy!));
        Assert.All(
            [$"{comparison.FirstHash}", $"{comparison.SecondHash}", comparison.FirstCopy!, comparison.SecondCopy!],
            words => Assert.Contains(words, error, StringComparison.Ordinal));
        Directory.Delete(Path.GetDirectoryName(Path.GetDirectoryName(comparison.FirstCopy!))!, recursive: true);
    }
}
