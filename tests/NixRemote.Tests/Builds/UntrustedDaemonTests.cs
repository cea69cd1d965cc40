using System.Collections.Concurrent;
using NixRemote.Builds;
using NixRemote.Stores;
using NixRemote.Tests.StoreObjects;
using NixRemote.Tests.Stores;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Builds;

/// <summary>A local daemon that does not trust our user (wire.md §4.9), as on a machine where trusted-users was never touched: it coordinates, takes
/// what comes home only if it is signed or content-addressed, and builds as any daemon does for its users.</summary>
[Collection(TestBedCollection.Name)]
public sealed class UntrustedDaemonTests
{
    private const string Untrusted = "trusted-users = nobody";

    private readonly ConcurrentQueue<BuildEvent> _events = new();

    private static NixTestBed Bed => NixTestBed.Current;

    public static TheoryData<string, string> BuildersTimesProtocols => NixTestBed.BuildersTimesProtocols;

    [TestBedTheory]
    [MemberData(nameof(BuildersTimesProtocols))]
    public async Task Unsigned_outputs_stay_on_the_builder_with_the_cure(string node, string protocol)
    {
        await using var daemon = await SecondDaemon.StartAsync(Bed.Client, Untrusted);
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("unsigned", "echo > $out"));

        var result = Assert.Single(await RunAsync(drv, daemon, TestBedRuns.Builder(node, protocol)));

        Assert.Equal((GoalStatus.Failed, NixErrors.SignatureMissing, "local"), (result.Status, result.Error!.Definition, result.Error.Builder));
        Assert.Contains("Sign the path, or use a trusted user", result.Error.RecommendedAction);
        Assert.Equal(node, Assert.Single(_events.OfType<BuildEvent.Built>()).Builder);
        Assert.True(await Bed.VerifyPathAsync(node, result.Outputs["out"]));
        Assert.False(await Bed.VerifyPathAsync(Bed.Client, result.Outputs["out"]));
        Assert.Empty(_events.OfType<BuildEvent.BuilderLost>());
    }

    [TestBedTheory]
    [MemberData(nameof(BuildersTimesProtocols))]
    public async Task What_the_builder_signs_with_a_key_that_it_trusts_comes_home(string node, string protocol)
    {
        using var keys = new TemporaryDirectory(Bed.ShareDirectory);
        var script = $"nix-store --generate-binary-cache-key {Nonce.Next()} {keys["secret"]} {keys["public"]} && cat {keys["public"]}";
        var key = (await Bed.ExecAsync(Bed.Client, "sh", "-ec", script)).Succeeded();
        await using var signing = await SecondDaemon.StartAsync(node, $"secret-key-files = {keys["secret"]}");
        await using var daemon = await SecondDaemon.StartAsync(Bed.Client, $"{Untrusted}\nextra-trusted-public-keys = {key}");
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("signed", "echo > $out"));

        var result = Assert.Single(await RunAsync(drv, daemon, TestBedRuns.Builder(node, protocol, node + signing.Parameters(protocol))));

        Assert.Null(result.Error);
        Assert.Equal(GoalStatus.Built, result.Status);
        Assert.True(await Bed.VerifyPathAsync(Bed.Client, result.Outputs["out"]));
    }

    [TestBedTheory]
    [MemberData(nameof(BuildersTimesProtocols))]
    public async Task What_its_content_vouches_for_comes_home(string node, string protocol)
    {
        await using var daemon = await SecondDaemon.StartAsync(Bed.Client, Untrusted);
        var text = Nonce.Next();
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text + "\n")));
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("fixed", $"echo {text} > $out", $"outputHashMode = \"flat\"; outputHashAlgo = \"sha256\"; outputHash = \"{hash}\";"));

        var result = Assert.Single(await RunAsync(drv, daemon, TestBedRuns.Builder(node, protocol)));

        Assert.Null(result.Error);
        Assert.Equal((GoalStatus.Built, node), (result.Status, result.Builder));
        Assert.True(await Bed.VerifyPathAsync(Bed.Client, result.Outputs["out"]));
    }

    [TestBedFact]
    public async Task It_builds_itself_what_prefers_that()
    {
        await using var daemon = await SecondDaemon.StartAsync(Bed.Client, Untrusted);
        var below = Nonce.Derivation("below", "echo below > $out", "preferLocalBuild = true;");
        var drv = await Bed.InstantiateAsync($"let below = {below}; in {Nonce.Derivation("above", "cat $below > $out", "inherit below; preferLocalBuild = true;")}");

        var result = Assert.Single(await RunAsync(drv, daemon));

        Assert.Null(result.Error);
        Assert.Equal((GoalStatus.Built, "here"), (result.Status, result.Builder));
        Assert.Equal(2, _events.OfType<BuildEvent.Built>().Count());
        Assert.True(await Bed.VerifyPathAsync(Bed.Client, result.Outputs["out"]));
    }

    // Without a builder: this machine alone.
    private Task<IReadOnlyList<NixBuildResult>> RunAsync(string goal, SecondDaemon daemon, params NixRemote.Builders.NixBuilder[] builders) => TestBedRuns.RunAsync(
        [goal], builders, new BuildRunOptions(), _events.Enqueue, new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token, daemonSocket: daemon.Socket,
        localJobs: builders.Length == 0 ? 1 : 0);
}
