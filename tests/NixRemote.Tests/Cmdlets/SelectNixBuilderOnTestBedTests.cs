using System.Management.Automation;
using NixRemote.Builders;
using NixRemote.Scheduling;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Cmdlets;

/// <summary>Select-NixBuilder for derivations of a real store.</summary>
[Collection(ClientEnvironmentCollection.Name)]
public sealed class SelectNixBuilderOnTestBedTests : IDisposable
{
    private readonly ClientEnvironment _environment = new();

    public void Dispose() => _environment.Dispose();

    [TestBedFact]
    public async Task A_derivation_is_read_for_its_system_and_features()
    {
        var result = (await ClientEnvironment.RunAsync(
            """
            $d = nix-instantiate -E 'derivation { name = "select"; system = "x86_64-linux"; builder = "/bin/sh"; requiredSystemFeatures = [ "kvm" ]; }' 2>$null
            $chosen = $d | Select-NixBuilder -Builder 'ssh://plain x86_64-linux - 1 9', 'ssh://kvm x86_64-linux - 1 1 kvm'
            Select-NixBuilder $d -Explain -Builder 'ssh://plain x86_64-linux - 1 9', $chosen
            """)).Succeeded();

        var choices = result.OutputOf<BuilderChoice>().ToList();
        Assert.Equal([("kvm", true, 1), ("plain", false, (int?)null)], choices.Select(c => (c.Name, c.Eligible, c.Rank)));
        Assert.Equal("it lacks the feature kvm", choices[1].Reason);
        Assert.EndsWith("-select.drv", choices[0].DerivationPath, StringComparison.Ordinal);
    }

    [TestBedFact]
    public async Task The_configured_builders_are_chosen_from() =>
        Assert.Equal("b226", Assert.Single((await ClientEnvironment.RunAsync("Select-NixBuilder -System x86_64-linux -ExcludeName b28")).Succeeded().OutputOf<NixBuilder>()).Name);

    [TestBedFact]
    public async Task Builders_that_are_asked_tell_what_they_have_and_lack()
    {
        var bed = NixTestBed.Current;
        var input = Nonce.Derivation("input", "head -c 300000 /dev/zero > $out");
        var drv = await bed.InstantiateAsync($"let input = {input}; in {Nonce.Derivation("asked", "echo $input > $out", "inherit input;")}");
        (await ClientEnvironment.RunAsync("Invoke-NixRemoteBuild $drv -Builder b28 -CopyOutputs None -NoHistory", ("drv", drv))).Succeeded();

        var choices = (await ClientEnvironment.RunAsync(
                "Select-NixBuilder $drv -AskBuilder -Explain -NoHistory -ConnectTimeout 5 -Builder 'ssh-ng://b226 x86_64-linux - 1 9', 'ssh://b28 x86_64-linux', 'ssh://gone@127.0.0.1:9 x86_64-linux'", ("drv", drv)))
            .Succeeded().OutputOf<BuilderChoice>().ToList();

        Assert.Equal(["b28", "b226", "127.0.0.1"], choices.Select(c => c.Name));
        Assert.Equal((true, 0L, 0.0), (choices[0].HasOutputs, choices[0].BytesToMove, choices[0].Score));
        Assert.False(choices[1].HasOutputs);
        Assert.InRange(choices[1].BytesToMove!.Value, 1, 2_000_000); // the input is nowhere but on b28: what is assumed of it
        Assert.Equal(IneligibilityKind.Unreachable, Assert.Single(choices[2].Reasons).Kind);
    }

    [TestBedFact]
    public async Task The_history_tells_how_long_it_takes()
    {
        var bed = NixTestBed.Current;
        var name = Nonce.Next();
        var drv = await bed.InstantiateAsync(Nonce.Derivation(name, "sleep 0.2; echo > $out"));
        (await ClientEnvironment.RunAsync("Invoke-NixRemoteBuild $drv -Builder b28", ("drv", drv))).Succeeded();

        async Task<double> ScoreAsync(string option) =>
            Assert.Single((await ClientEnvironment.RunAsync($"Select-NixBuilder $drv -Explain -Builder b28 {option}", ("drv", drv))).Succeeded().OutputOf<BuilderChoice>()).Score!.Value;

        Assert.InRange(await ScoreAsync(""), 0.2, 20);
        Assert.Equal(30, await ScoreAsync("-NoHistory"));
    }

    [TestBedFact]
    public async Task A_derivation_that_is_not_there_is_one_error_and_the_others_are_placed()
    {
        var result = await ClientEnvironment.RunAsync(
            """
            $d = nix-instantiate -E 'derivation { name = "there"; system = "x86_64-linux"; builder = "/bin/sh"; }' 2>$null
            '/nix/store/3pysdbjixd4amzidam0kp6vwzpqy58y3-a.drv', $d | Select-NixBuilder
            """);

        Assert.Single(result.OutputOf<NixBuilder>());
        var error = Assert.Single(result.Errors);
        Assert.Equal(("DerivationMissing,NixRemote.Commands.SelectNixBuilderCommand", ErrorCategory.ObjectNotFound), (error.FullyQualifiedErrorId, error.CategoryInfo.Category));
    }

    [TestBedFact]
    public async Task A_builder_that_does_not_trust_the_user_comes_after_one_that_does_where_inputs_had_to_be_made()
    {
        var below = Nonce.Derivation("below", "echo below > $out");
        var drvs = await NixTestBed.Current.InstantiateAllAsync($"let below = {below}; in [ below ({Nonce.Derivation("above", "cat $below > $out", "inherit below;")}) ]");
        (await NixTestBed.Current.ExecAsync(NixTestBed.Current.Client, "nix-store", "--realise", drvs[0], "--option", "builders", "")).Succeeded();

        var choices = (await ClientEnvironment.RunAsync(
            "Select-NixBuilder $drv -Explain -AskBuilder -NoHistory -Builder 'ssh-ng://b234-guest x86_64-linux - 8 1.5', 'ssh-ng://b226 x86_64-linux - 1 1'", ("drv", drvs[1])))
            .Succeeded().OutputOf<BuilderChoice>().ToList();

        Assert.Equal([("b226", 0), ("b234-guest", 1)], choices.Select(c => (c.Name, c.RemadeInputs)));
        Assert.Contains("it has to make 1 itself, since it does not trust this user", choices[1].Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("trust", choices[0].Reason, StringComparison.Ordinal);
    }
}
