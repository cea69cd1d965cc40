using NixRemote.Builders;
using NixRemote.Builds;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Builds;

/// <summary>machines.md §4, the functional test: three builders of one machines file, of which two take only what requires their feature.</summary>
[Collection(TestBedCollection.Name)]
public sealed class MachinesFileRunTests
{
    private static NixTestBed Bed => NixTestBed.Current;

    [TestBedFact]
    public async Task Each_input_is_built_on_the_machine_that_has_its_feature()
    {
        const string Machines =
            """
            ssh://b28?compress=true x86_64-linux - 1
            ssh://b226              x86_64-linux - 1 1 - benchmark ; # c
            ssh-ng://b234           x86_64-linux - 1 1 - big-parallel
            """;
        var read = MachinesReader.ReadText(Machines, "text", new MachinesParseOptions { LocalSystem = "x86_64-linux" });
        Assert.Empty(read.Errors);
        string[] features = ["", "benchmark", "big-parallel"];
        var inputs = features.Select((feature, index) => Nonce.Derivation($"input{index + 1}", $"echo '{feature}' > $out", feature.Length == 0 ? "" : $"requiredSystemFeatures = [ \"{feature}\" ];")).ToList();
        var drvs = await Bed.InstantiateAllAsync(
            $"let a = {inputs[0]}; b = {inputs[1]}; c = {inputs[2]}; in [ a b c ({Nonce.Derivation("top", "cat $a $b $c > $out", "inherit a b c;")}) ]");

        var results = await TestBedRuns.RunAsync(drvs, read.Builders, new BuildRunOptions(), _ => { }, CancellationToken.None);

        Assert.All(results, r => Assert.Null(r.Error));
        var byDerivation = results.ToDictionary(r => r.DerivationPath);
        Assert.Equal(["b28", "b226", "b234"], drvs.Take(3).Select(d => byDerivation[d].Builder));
        var top = byDerivation[drvs[3]];
        Assert.Equal("b28", top.Builder);
        Assert.Equal("\nbenchmark\nbig-parallel\n", await File.ReadAllTextAsync(Bed.OnHost(Bed.Client, top.Outputs["out"])));
        foreach (var input in drvs.Take(3).Select(d => byDerivation[d]))
        {
            foreach (var node in read.Builders.Select(b => b.Name).Where(name => name != top.Builder))
            {
                Assert.Equal(node == input.Builder, await Bed.VerifyPathAsync(node, input.Outputs["out"]));
            }
        }
    }
}
