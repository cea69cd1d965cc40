using System.Collections.Concurrent;
using NixRemote.Builds;
using NixRemote.StoreObjects;
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
        var below = Nonce.Derivation("below", "echo below > $out");
        var drvs = await Bed.InstantiateAllAsync($"let below = {below}; in [ below ({Nonce.Derivation("above", "cat $below > $out", "inherit below;")}) ]");
        var key = Path.Combine(Bed.ShareDirectory, Nonce.Next());
        await File.WriteAllTextAsync(key, (await Bed.ExecAsync(Bed.Client, "nix", "key", "generate-secret", "--key-name", "unknown-1")).Succeeded());
        var output = (await Bed.ExecAsync(Bed.Client, "nix-store", "--realise", drvs[0])).Succeeded();
        (await Bed.ExecAsync(Bed.Client, "nix", "store", "sign", "--key-file", key, output)).Succeeded();

        var result = Assert.Single(await RunAsync(drvs[1], node, protocol));

        Assert.Null(result.Error);
        Assert.Equal(GoalStatus.Built, result.Status);
        Assert.Empty(_events.OfType<BuildEvent.BuilderLost>());
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

    private Task<IReadOnlyList<NixBuildResult>> RunAsync(string goal, string node, string protocol) => TestBedRuns.RunAsync(
        [goal], [TestBedRuns.Builder(node, protocol, node + "-guest")], new BuildRunOptions(), _events.Enqueue, CancellationToken.None);
}
