using NixRemote.Builds;
using NixRemote.Commands;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Cmdlets;

/// <summary>Stores of this machine in a root of their own, through a process of the local Nix.</summary>
[Collection(ClientEnvironmentCollection.Name)]
public sealed class LocalRootTests : StoreFixture
{
    // how the root is named; FOLDER stands for it
    [TestBedTheory]
    [InlineData("FOLDER")]
    [InlineData("local?root=FOLDER")]
    [InlineData("local://FOLDER")]
    public async Task A_closure_goes_into_a_private_root_and_out_of_it(string uri)
    {
        var pair = await BuildPairAsync();
        var store = uri.Replace("FOLDER", CacheFolder, StringComparison.Ordinal);

        var into = Assert.Single((await RunAsync("Copy-NixClosure $path -To $store", pair.Top, store)).Succeeded().OutputOf<NixClosureCopy>());
        var outOf = Assert.Single((await RunAsync("Copy-NixClosure $path -From $store -To b28", pair.Top, store)).Succeeded().OutputOf<NixClosureCopy>());

        Assert.Equal((2, 2), (into.Copied, outOf.Copied));
        Assert.Equal("below\n", await File.ReadAllTextAsync(CacheFolder + pair.Below));
        Assert.True(await Bed.VerifyPathAsync("b28", pair.Top));
        (await Bed.ExecAsync(Bed.Client, "nix-store", "--store", store, "--verify", "--check-contents")).Succeeded();
        var info = Assert.Single((await RunAsync("Get-NixPathInfo $path -Store $store", pair.Top, store)).Succeeded().OutputOf<NixPathInfo>());
        Assert.Equal(pair.Derivation, info.Deriver!.ToString());
    }

    [TestBedFact]
    public async Task Outputs_of_a_build_go_into_a_private_root()
    {
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("rooted", "echo rooted > $out"));

        var result = Assert.Single((await RunAsync("Invoke-NixRemoteBuild $path -Destination $store -Builder b226", drv, CacheFolder)).Succeeded().OutputOf<NixBuildResult>());

        Assert.Equal("rooted\n", await File.ReadAllTextAsync(CacheFolder + result.Outputs["out"]));
        (await Bed.ExecAsync(Bed.Client, "nix-store", "--store", CacheFolder, "--verify", "--check-contents")).Succeeded();
    }

    private static Task<Engine.ModuleRunspaceResult> RunAsync(string script, string path, string store) =>
        ClientEnvironment.RunAsync(script, ("path", path), ("store", store));
}
