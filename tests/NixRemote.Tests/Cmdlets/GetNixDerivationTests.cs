using System.Text.Json;
using NixRemote.Commands;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Cmdlets;

/// <summary>Get-NixDerivation: derivations out of real stores.</summary>
[Collection(ClientEnvironmentCollection.Name)]
public sealed class GetNixDerivationTests : StoreFixture
{
    [TestBedTheory]
    [InlineData("")]
    [InlineData("-Store b28")]
    [InlineData("-Store ssh-ng://b234")]
    [InlineData("-Store $cache")]
    public async Task It_shows_what_Nix_shows(string store)
    {
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("shown", "echo > $out; echo > $dev",
            "outputs = [ \"out\" \"dev\" ]; requiredSystemFeatures = [ \"kvm\" \"big-parallel\" ]; preferLocalBuild = true; allowSubstitutes = false; empty = \"\";"));
        (await ClientEnvironment.RunAsync("Copy-NixClosure $drv -To b28; Copy-NixClosure $drv -To ssh-ng://b234; Copy-NixClosure $drv -To $cache",
            ("drv", drv), ("cache", $"file://{CacheFolder}"))).Succeeded();

        var shown = Assert.Single((await ClientEnvironment.RunAsync($"Get-NixDerivation $drv {store}", ("drv", drv), ("cache", $"file://{CacheFolder}"))).Succeeded().OutputOf<NixDerivation>());

        Assert.Equal((drv, "shown", "x86_64-linux", "/bin/sh"), (shown.DerivationPath.ToString(), shown.Name, shown.System, shown.BuilderProgram));
        Assert.Equal(["big-parallel", "kvm"], shown.RequiredSystemFeatures);
        Assert.Equal((true, false), (shown.PreferLocalBuild, shown.AllowSubstitutes));
        Assert.Equal(["dev", "out"], shown.Outputs.Select(o => o.Name));
        Assert.Equal(["-c", "echo > $out; echo > $dev"], shown.Arguments);
        var json = await Bed.ExecAsync(Bed.Client, "nix", "--extra-experimental-features", "nix-command", "derivation", "show", drv);
        using var document = JsonDocument.Parse(json.Succeeded());
        var environment = document.RootElement.GetProperty("derivations").EnumerateObject().Single().Value.GetProperty("env");
        Assert.Equal(environment.EnumerateObject().Select(p => (p.Name, p.Value.GetString()!)).Order(), shown.Environment.Select(v => (v.Key, v.Value)).Order());
        Assert.Empty(shown.Inputs);
    }

    [TestBedFact]
    public async Task A_graph_comes_inputs_first_and_linked()
    {
        var bottom = Nonce.Derivation("bottom", "echo > $out");
        var drv = await Bed.InstantiateAsync(
            $"let bottom = {bottom}; mid = n: {Nonce.Derivation("mid", "echo > $out", "inherit n bottom;")}; in {Nonce.Derivation("top", "echo > $out", "a = mid 1; b = mid 2;")}");

        var graph = (await ClientEnvironment.RunAsync("Get-NixDerivation $drv -Recurse", ("drv", drv))).Succeeded().OutputOf<NixDerivation>().ToList();

        Assert.Equal(["bottom", "mid", "mid", "top"], graph.Select(d => d.Name));
        Assert.Equal(graph[1..3].OrderBy(d => d.DerivationPath), graph[3].Inputs);
        Assert.All(graph[1..3], mid => Assert.Same(graph[0], Assert.Single(mid.Inputs)));
        Assert.Equal(["out"], graph[3].InputDerivations[graph[1].DerivationPath]);
    }

    [TestBedFact]
    public async Task What_is_not_there_or_no_derivation()
    {
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("there", "echo > $out"));

        var result = await ClientEnvironment.RunAsync(
            "'/nix/store/00000000000000000000000000000000-x', '/nix/store/00000000000000000000000000000000-x.drv', $drv | Get-NixDerivation", ("drv", drv));

        Assert.Equal(["StorePathInvalid", "DerivationMissing"], result.Errors.Select(e => e.FullyQualifiedErrorId.Split(',')[0]));
        Assert.Equal("there", Assert.Single(result.OutputOf<NixDerivation>()).Name);
    }

    [TestBedFact]
    public async Task A_path_info_leads_to_its_deriver()
    {
        var pair = await BuildPairAsync();
        var shown = (await ClientEnvironment.RunAsync("Get-NixPathInfo $path | Get-NixDerivation", ("path", pair.Top))).Succeeded().OutputOf<NixDerivation>();
        Assert.Equal(pair.Derivation, Assert.Single(shown).DerivationPath.ToString());
    }
}
