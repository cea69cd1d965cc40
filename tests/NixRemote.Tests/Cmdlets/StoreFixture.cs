using NixRemote.Commands;
using NixRemote.Tests.StoreObjects;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Cmdlets;

/// <summary>Paths on the test bed, and a folder that its nodes see, for the cmdlets that move and tell of store paths.</summary>
public abstract class StoreFixture : IDisposable
{
    private readonly TemporaryDirectory _directory = new(NixTestBed.WhyNotUp is null ? NixTestBed.Current.ShareDirectory : null);

    protected static NixTestBed Bed => NixTestBed.Current;

    /// <summary>A folder that does not exist yet.</summary>
    protected string CacheFolder => _directory["cache"];

    /// <summary>A file that does not exist yet.</summary>
    protected string KeyFile => _directory["key"];

    public void Dispose()
    {
        _directory.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Two derivations that no store has seen, the first needing the second, built on the client: input-addressed paths
    /// without signature. The second's output is the first's only reference.</summary>
    protected static async Task<BuiltPair> BuildPairAsync()
    {
        var below = Nonce.Derivation("below", "echo below > $out");
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("top", "echo $below > $out", $"below = {below};"));
        var top = (await Bed.ExecAsync(Bed.Client, "nix-store", "--realise", drv, "--option", "builders", "")).Succeeded();
        var references = (await Bed.ExecAsync(Bed.Client, "nix-store", "--query", "--references", top)).Succeeded();
        return new BuiltPair(drv, top, references);
    }

    /// <summary>A key of the name, in <see cref="KeyFile"/>.</summary>
    protected async Task<NixSigningKey> MakeKeyAsync(string name) =>
        Assert.Single((await ClientEnvironment.RunAsync("New-NixSigningKey $name $file", ("name", name), ("file", KeyFile))).Succeeded().OutputOf<NixSigningKey>());

    /// <summary>What a node's own nix says of the trust in a path.</summary>
    protected static async Task<bool> IsTrustedByAsync(string node, string store, string path, string publicKey) =>
        (await Bed.ExecAsync(node, "nix", "--extra-experimental-features", "nix-command", "store", "verify", "--store", store, "--sigs-needed", "1",
            "--option", "trusted-public-keys", publicKey, path)).ExitCode == 0;

    /// <summary>A derivation, its output, and the output's only reference.</summary>
    protected sealed record BuiltPair(string Derivation, string Top, string Below);
}
