using System.Collections.Concurrent;
using NixRemote.Builds;
using NixRemote.StoreObjects;
using NixRemote.Tests.Stores;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Builds;

/// <summary>Builders that do not trust our user (wire.md §4.9): each Nix version over each protocol. Over the serve protocol, and by the worker
/// protocol before 1.35, nothing says so until something is refused.</summary>
[Collection(TestBedCollection.Name)]
public sealed class GuestBuildTests
{
    private readonly ConcurrentQueue<BuildEvent> _events = new();

    private static NixTestBed Bed => NixTestBed.Current;

    public static TheoryData<string, string> BuildersTimesProtocols => NixTestBed.BuildersTimesProtocols;

    [TestBedTheory]
    [MemberData(nameof(BuildersTimesProtocols))]
    public async Task A_graph_with_a_source_is_built_and_comes_home(string node, string protocol)
    {
        var below = Nonce.Derivation("below", "cat $source > $out; echo lib > $dev", "outputs = [ \"out\" \"dev\" ]; source = builtins.toFile \"source\" \"from a source\\n\";");
        var drv = await Bed.InstantiateAsync(
            $"let below = {below}; in {Nonce.Derivation("above", "echo line; cat $below $dev > $out", "inherit below; dev = below.dev;")}");

        var result = Assert.Single(await RunAsync(drv, node, protocol));

        Assert.Null(result.Error);
        Assert.Equal((GoalStatus.Built, node), (result.Status, result.Builder));
        Assert.Equal("line\n", result.Log);
        Assert.Empty(result.Attempts);
        Assert.True(await Bed.VerifyPathAsync(Bed.Client, result.Outputs["out"]));
        Assert.Equal("from a source\nlib\n", await File.ReadAllTextAsync(Bed.OnHost(Bed.Client, result.Outputs["out"])));
        Assert.Equal(node, Assert.Single(_events.OfType<BuildEvent.BuilderDistrusts>()).Builder);
        Assert.Equal(2, _events.OfType<BuildEvent.Built>().Count());
    }

    [TestBedTheory]
    [MemberData(nameof(BuildersTimesProtocols))]
    public async Task What_it_may_not_be_sent_it_builds_itself(string node, string protocol)
    {
        var below = Nonce.Derivation("below", "echo building below; echo below > $out");
        var drvs = await Bed.InstantiateAllAsync($"let below = {below}; in [ below ({Nonce.Derivation("above", "cat $below > $out", "inherit below;")}) ]");
        var output = (await Bed.ExecAsync(Bed.Client, "nix-store", "--realise", drvs[0])).Succeeded();

        var result = Assert.Single(await RunAsync(drvs[1], node, protocol));

        Assert.Null(result.Error);
        Assert.Equal(GoalStatus.Built, result.Status);
        Assert.Contains("building below\n", result.Log);
        Assert.True(await Bed.VerifyPathAsync(node, output));
        Assert.Single(_events.OfType<BuildEvent.Started>());
    }

    [TestBedTheory]
    [MemberData(nameof(BuildersTimesProtocols))]
    public async Task A_signature_by_a_key_that_it_does_not_know_is_tried_and_does_no_harm(string node, string protocol)
    {
        var (drv, _, _) = await SignedInputAsync();

        var result = Assert.Single(await RunAsync(drv, node, protocol));

        Assert.Null(result.Error);
        Assert.Equal(GoalStatus.Built, result.Status);
        Assert.Contains("building below\n", result.Log);
        Assert.Empty(_events.OfType<BuildEvent.BuilderLost>());
    }

    [TestBedTheory]
    [MemberData(nameof(BuildersTimesProtocols))]
    public async Task What_a_key_has_signed_that_it_knows_is_sent_and_not_built(string node, string protocol)
    {
        var (drv, input, key) = await SignedInputAsync();
        await using var daemon = await SecondDaemon.StartAsync(node, $"extra-trusted-public-keys = {key}");

        var result = Assert.Single(await RunAsync(drv, node, protocol, daemon.Parameters(protocol)));

        Assert.Null(result.Error);
        Assert.Equal(GoalStatus.Built, result.Status);
        Assert.DoesNotContain("building below\n", result.Log);
        Assert.True(await Bed.VerifyPathAsync(node, input));
    }

    [TestBedTheory]
    [MemberData(nameof(BuildersTimesProtocols))]
    public async Task What_its_substituters_have_it_fetches_and_does_not_build(string node, string protocol)
    {
        var (drv, input, _) = await SignedInputAsync();
        var cache = Path.Combine(Bed.ShareDirectory, Nonce.Next());
        try
        {
            (await Bed.ExecAsync(Bed.Client, "nix", "copy", "--to", $"file://{cache}", input)).Succeeded();
            await using var daemon = await SecondDaemon.StartAsync(node, $"substituters = file://{cache}\nrequire-sigs = false");

            // Unsigned paths are taken as well then, but single derivations are not.
            var result = Assert.Single(await RunAsync(drv, node, protocol, daemon.Parameters(protocol)));

            Assert.Null(result.Error);
            Assert.Equal(GoalStatus.Built, result.Status);
            Assert.DoesNotContain("building below\n", result.Log);
            Assert.True(await Bed.VerifyPathAsync(node, input));
        }
        finally
        {
            Directory.Delete(cache, recursive: true);
        }
    }

    [TestBedTheory]
    [MemberData(nameof(BuildersTimesProtocols))]
    public async Task A_failing_build_is_final_and_shows_its_exit(string node, string protocol)
    {
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("bad", "echo last words; exit 7"));

        var result = Assert.Single(await RunAsync(drv, node, protocol));

        Assert.Equal((GoalStatus.Failed, NixErrors.BuildFailed, node), (result.Status, result.Error!.Definition, result.Error.Builder));
        Assert.Contains("exit code 7", result.Error.Message);
        Assert.EndsWith("  > last words", result.Error.Message);
        Assert.Empty(result.Attempts);
    }

    [TestBedTheory]
    [MemberData(nameof(BuildersTimesProtocols))]
    public async Task A_source_that_nothing_vouches_for_is_refused_with_the_cure(string node, string protocol)
    {
        var below = await Bed.InstantiateAsync(Nonce.Derivation("below", "echo > $out"));
        var built = (await Bed.ExecAsync(Bed.Client, "nix-store", "--realise", below)).Succeeded();
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("above", "cat $below > $out", $"below = builtins.storePath {built};"));

        var result = Assert.Single(await RunAsync(drv, node, protocol));

        Assert.Equal((GoalStatus.Failed, NixErrors.SignatureMissing), (result.Status, result.Error!.Definition));
        Assert.Contains(StorePath.Parse(built).BaseName, result.Error.Message);
        Assert.Contains("trusted user", result.Error.RecommendedAction);
        Assert.Empty(_events.OfType<BuildEvent.BuilderLost>());
    }

    /// <summary>A derivation with an input that the client has built and a fresh key has signed; the input and the public key.</summary>
    private static async Task<(string Derivation, string Input, string Key)> SignedInputAsync()
    {
        var below = Nonce.Derivation("below", "echo building below; echo below > $out");
        var drvs = await Bed.InstantiateAllAsync($"let below = {below}; in [ below ({Nonce.Derivation("above", "cat $below > $out", "inherit below;")}) ]");
        var output = (await Bed.ExecAsync(Bed.Client, "nix-store", "--realise", drvs[0])).Succeeded();
        var file = Path.Combine(Bed.ShareDirectory, Nonce.Next());
        try
        {
            (await Bed.ExecAsync(Bed.Client, "sh", "-ec", $"nix key generate-secret --key-name {Nonce.Next()} > {file}; nix store sign --key-file {file} {output}")).Succeeded();
            return (drvs[1], output, (await Bed.ExecAsync(Bed.Client, "sh", "-ec", $"nix key convert-secret-to-public < {file}")).Succeeded());
        }
        finally
        {
            File.Delete(file);
        }
    }

    private Task<IReadOnlyList<NixBuildResult>> RunAsync(string goal, string node, string protocol, string parameters = "") => TestBedRuns.RunAsync(
        [goal], [TestBedRuns.Builder(node, protocol, node + "-guest" + parameters)], new BuildRunOptions(), _events.Enqueue, CancellationToken.None);
}
