using NixRemote.Commands;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Cmdlets;

/// <summary>Get-NixPathInfo: what real stores know of paths.</summary>
[Collection(ClientEnvironmentCollection.Name)]
public sealed class GetNixPathInfoTests : StoreFixture
{
    [TestBedFact]
    public async Task What_Nix_itself_says_of_a_path()
    {
        var pair = await BuildPairAsync();

        var info = Assert.Single(await TellAsync("Get-NixPathInfo $path -ClosureSize", pair.Top));

        string[] Query(string what) => [what, pair.Top];
        Assert.Equal(pair.Top, info.Path.ToString());
        Assert.Equal(await StoreQueryAsync(Query("--hash")), info.NarHash);
        Assert.Equal(await StoreQueryAsync(Query("--size")), $"{info.NarSize}");
        Assert.Equal(pair.Below, Assert.Single(info.References).ToString());
        Assert.Equal(pair.Derivation, info.Deriver!.ToString());
        var below = Assert.Single(await TellAsync("Get-NixPathInfo $path", pair.Below));
        Assert.Equal((info.NarSize + below.NarSize, null), (info.ClosureSize, below.ClosureSize));
        Assert.Equal((true, false, null), (info.Ultimate, info.IsTrusted, info.ContentAddress));
        Assert.InRange(DateTimeOffset.UtcNow - info.RegistrationTime!.Value, TimeSpan.FromMinutes(-1), TimeSpan.FromMinutes(10));
        Assert.Equal(["the local store"], info.Stores);
    }

    [TestBedFact]
    public async Task Which_stores_have_it()
    {
        var pair = await BuildPairAsync();
        await ClientEnvironment.RunAsync("Copy-NixClosure $path -To b226; Copy-NixClosure $path -To $cache -NoCheckSignature", ("path", pair.Below), ("cache", $"file://{CacheFolder}"));

        var infos = await TellAsync($"Get-NixPathInfo $path -Recurse -Store b28, daemon, b226, file://{CacheFolder}", pair.Top);

        Assert.Equal([pair.Below, pair.Top], infos.Select(i => i.Path.ToString()));
        Assert.Equal(["daemon", "b226", $"file://{CacheFolder}"], infos[0].Stores);
        Assert.Equal(["b28"], infos[0].MissingFrom);
        Assert.Equal(["daemon"], infos[1].Stores);
        Assert.Equal(["b28", "b226", $"file://{CacheFolder}"], infos[1].MissingFrom);
    }

    [TestBedFact]
    public async Task What_cannot_be_told_does_not_hold_up_the_rest()
    {
        var pair = await BuildPairAsync();

        var result = await ClientEnvironment.RunAsync(
            "'no-path', '/nix/store/00000000000000000000000000000000-x', $path | Get-NixPathInfo -Store daemon, ssh://127.0.0.1:1", ("path", pair.Top));

        Assert.Equal(["ConnectionRefused", "PathNotValid", "StorePathInvalid"], result.Errors.Select(e => e.FullyQualifiedErrorId.Split(',')[0]).Order(StringComparer.Ordinal));
        Assert.Equal(pair.Top, Assert.Single(result.OutputOf<NixPathInfo>()).Path.ToString());
    }

    private static async Task<string> StoreQueryAsync(string[] arguments) => (await Bed.ExecAsync(Bed.Client, ["nix-store", "--query", .. arguments])).Succeeded();

    private static async Task<IReadOnlyList<NixPathInfo>> TellAsync(string script, string path) =>
        [.. (await ClientEnvironment.RunAsync(script, ("path", path))).Succeeded().OutputOf<NixPathInfo>()];
}
