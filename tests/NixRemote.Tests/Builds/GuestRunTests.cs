using NixRemote.Builds;
using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Tests.Builds;

/// <summary>Runs with builders that do not trust our user, in memory.</summary>
public sealed class GuestRunTests : BuildRunFixture
{
    private const string Signature = "key-1:signature";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Derivations_go_there_and_each_is_built_once(bool tells)
    {
        var (bottom, left, right, top) = Diamond();
        var guest = new MemoryStore("guest") { TrustsUs = false, TellsTrust = tells };

        var result = Assert.Single(await RunAsync([top], guest));

        Assert.Equal(GoalStatus.Built, result.Status);
        Assert.Equal(new[] { bottom, left, right, top }.Select(d => d.Path).Order(), guest.BuildsAsked.Order());
        Assert.Equal("guest", Assert.Single(Events.OfType<BuildEvent.BuilderDistrusts>()).Builder);
        Assert.True(Local.Has(top.Outputs[0].Path!));
    }

    [Fact]
    public async Task What_it_built_on_the_way_is_not_built_again()
    {
        // The trusted builder has what is at the bottom and may not give it away to the other one.
        var bottom = Make("bottom");
        var top = Make("top", bottom);
        var trusted = new MemoryStore("trusted") { OnBuild = Fail(top, BuildStatus.TransientFailure) };
        var guest = new MemoryStore("guest") { TrustsUs = false };
        trusted.Put(bottom.Outputs[0].Path!, "bottom"u8.ToArray());

        var result = Assert.Single(await RunAsync([top], trusted, guest));

        Assert.Equal((GoalStatus.Built, "guest"), (result.Status, result.Builder));
        Assert.Equal([bottom.Path, top.Path], guest.BuildsAsked);
        Assert.DoesNotContain(bottom.Outputs[0].Path!, guest.Added);
    }

    // whether the builder that trusts us can take it → who builds, and whether the decision is explained
    [Theory]
    [InlineData(true, "trusted", false)]
    [InlineData(false, "guest", true)]
    public async Task A_builder_that_trusts_us_is_better_where_inputs_had_to_be_built_again(bool isTrustedUp, string builder, bool explained)
    {
        var bottom = Make("bottom");
        var top = Make("top", bottom);
        Local.Put(bottom.Outputs[0].Path!, "bottom"u8.ToArray());
        var guest = new MemoryStore("guest") { TrustsUs = false };
        var trusted = new MemoryStore("trusted") { IsDown = !isTrustedUp };

        var result = Assert.Single(await RunAsync([top], new BuildRunOptions(), (guest, 8), (trusted, 1)));

        Assert.Equal((GoalStatus.Built, builder), (result.Status, result.Builder));
        Assert.Equal(explained ? [bottom.Path, top.Path] : [], guest.BuildsAsked);
        Assert.Equal(explained, Events.OfType<BuildEvent.Decision>().Any(d => d.Text.Contains("has to make 1 of its inputs itself", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Signed_inputs_are_sent_and_built_there_if_the_key_is_not_known(bool known)
    {
        var bottom = Make("bottom");
        var top = Make("top", bottom);
        var output = bottom.Outputs[0].Path!;
        Local.Put(output, "bottom"u8.ToArray());
        Local.Describe(output, i => i with { Signatures = [Signature] });
        var guest = new MemoryStore("guest") { TrustsUs = false, TrustedSignature = known ? Signature : "another" };

        var result = Assert.Single(await RunAsync([top], guest));

        Assert.Equal(GoalStatus.Built, result.Status);
        Assert.Equal(known, guest.Added.Contains(output));
        Assert.Equal(known ? [top.Path] : [bottom.Path, top.Path], guest.BuildsAsked);
    }

    [Fact]
    public async Task An_input_that_refers_to_something_unsigned_is_not_sent()
    {
        var library = Make("library");
        var bottom = Make("bottom", library);
        var top = Make("top", bottom);
        Local.Put(library.Outputs[0].Path!, "library"u8.ToArray());
        Local.Put(bottom.Outputs[0].Path!, "bottom"u8.ToArray(), library.Outputs[0].Path!);
        Local.Describe(bottom.Outputs[0].Path!, i => i with { Signatures = [Signature] });
        var guest = new MemoryStore("guest") { TrustsUs = false, TrustedSignature = Signature };

        var result = Assert.Single(await RunAsync([top], guest));

        Assert.Equal(GoalStatus.Built, result.Status);
        Assert.Equal([library.Path, bottom.Path, top.Path], guest.BuildsAsked);
    }

    // whether the library is signed that a signed input refers to → the inputs that are made there
    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 2)]
    public async Task An_input_counts_as_sent_only_with_the_inputs_that_it_refers_to(bool isLibrarySigned, int made)
    {
        var library = Make("library");
        var bottom = Make("bottom", library);
        var top = Make("top", library, bottom);
        Local.Put(library.Outputs[0].Path!, "library"u8.ToArray());
        Local.Put(bottom.Outputs[0].Path!, "bottom"u8.ToArray(), library.Outputs[0].Path!);
        foreach (var signed in isLibrarySigned ? new[] { library, bottom } : [bottom])
        {
            Local.Describe(signed.Outputs[0].Path!, i => i with { Signatures = [Signature] });
        }

        var guest = new MemoryStore("guest") { TrustsUs = false, TrustedSignature = Signature };

        var result = Assert.Single(await RunAsync([top], guest));

        Assert.Equal(GoalStatus.Built, result.Status);
        Assert.Equal(made + 1, guest.BuildsAsked.Count);
        Assert.Equal(made > 0, Events.OfType<BuildEvent.Decision>().Any(d => d.Text.Contains($"has to make {made} of", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_input_that_it_cannot_build_sends_the_derivation_to_another_builder()
    {
        var bottom = Make("bottom");
        var top = Make("top", bottom);
        Local.Put(bottom.Outputs[0].Path!, "bottom"u8.ToArray());
        var guest = new MemoryStore("guest") { TrustsUs = false, OnBuild = Fail(bottom, BuildStatus.PermanentFailure, "no such system") };

        var alone = Assert.Single(await RunAsync([top], guest));
        Assert.Equal((GoalStatus.Failed, NixErrors.NotTrusted.RecommendedAction), (alone.Status, alone.Error!.RecommendedAction));
        Assert.Contains("no such system", alone.Error.Message);

        var trusted = new MemoryStore("trusted");
        var together = Assert.Single(await RunAsync([top], new BuildRunOptions(), (guest, 2), (trusted, 1)));
        Assert.Equal((GoalStatus.Built, "trusted"), (together.Status, together.Builder));
    }

    [Fact]
    public async Task A_source_that_nothing_vouches_for_goes_to_a_builder_that_trusts_us()
    {
        var source = StorePath.Parse("/nix/store/00000000000000000000000000000000-source");
        Local.Put(source, "source"u8.ToArray());
        var goal = WithSource(Make("goal"), source);
        var guest = new MemoryStore("guest") { TrustsUs = false, TellsTrust = false };
        var trusted = new MemoryStore("trusted");

        var result = Assert.Single(await RunAsync([goal], new BuildRunOptions(), (guest, 2), (trusted, 1)));

        Assert.Equal((GoalStatus.Built, "trusted"), (result.Status, result.Builder));
        Assert.Equal(NixErrors.SignatureMissing, Assert.Single(result.Attempts).Definition);
    }
}
