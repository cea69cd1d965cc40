using System.Management.Automation;
using NixRemote.Builds;
using NixRemote.Commands;
using NixRemote.Tests.StoreObjects;
using NixRemote.Tests.Stores;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Cmdlets;

/// <summary>Copy-NixClosure between the local store and builders.</summary>
[Collection(ClientEnvironmentCollection.Name)]
public sealed class CopyNixClosureTests
{
    private static NixTestBed Bed => NixTestBed.Current;

    public static TheoryData<string, string> BuildersTimesProtocols => NixTestBed.BuildersTimesProtocols;

    [TestBedTheory]
    [MemberData(nameof(BuildersTimesProtocols))]
    public async Task A_closure_goes_to_a_builder_and_what_is_there_is_skipped(string node, string protocol)
    {
        var (top, below) = await MakeClosureAsync();

        var first = await CopyAsync("Copy-NixClosure $below -To $to", ("below", below), ("to", $"{protocol}://{node}"));
        var second = await CopyAsync("$top | Copy-NixClosure -To $to", ("top", top), ("to", $"{protocol}://{node}"));
        var third = await CopyAsync("Copy-NixClosure -Path $top -To $to", ("top", top), ("to", $"{protocol}://{node}"));

        Assert.Equal([(1, 0), (1, 1), (0, 2)], new[] { first, second, third }.Select(c => (c.Copied, c.Skipped)));
        Assert.Equal(("the local store", $"{protocol}://{node}"), (second.From, second.To));
        Assert.Equal(top, Assert.Single(second.Roots).ToString());
        Assert.True(second.Bytes > 0);
        Assert.Equal(0, third.Bytes);
        Assert.True(await Bed.VerifyPathAsync(node, top));
        Assert.True(await Bed.VerifyPathAsync(node, below));
    }

    [TestBedTheory]
    [InlineData("b28", "-From b28")]
    [InlineData("b226", "-From ssh-ng://b226 -To daemon")]
    [InlineData("b234", "-From b234 -To b28")]
    public async Task What_a_builder_built_comes_from_it(string node, string ends)
    {
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("built", "echo > $out"));
        var goal = Assert.Single((await ClientEnvironment.RunAsync(
            $"Invoke-NixRemoteBuild $drv -Builder {node} -Destination {node}", ("drv", drv))).Succeeded().OutputOf<NixBuildResult>());
        var path = goal.Outputs["out"];
        Assert.False(await Bed.VerifyPathAsync(Bed.Client, path));

        var copy = await CopyAsync($"$goal | Copy-NixClosure {ends}", ("goal", goal));

        Assert.Equal((1, 0), (copy.Copied, copy.Skipped));
        Assert.True(await Bed.VerifyPathAsync(ends.EndsWith("b28", StringComparison.Ordinal) && ends.Contains("-To", StringComparison.Ordinal) ? "b28" : Bed.Client, path));
    }

    [TestBedFact]
    public async Task Several_paths_are_one_closure()
    {
        var (top, below) = await MakeClosureAsync();

        var copy = await CopyAsync("$paths | Copy-NixClosure -To b28", ("paths", new[] { below, top }));

        Assert.Equal((2, 0, 2), (copy.Copied, copy.Skipped, copy.Roots.Count));
    }

    [TestBedFact]
    public async Task WhatIf_copies_nothing()
    {
        var (top, _) = await MakeClosureAsync();

        var result = (await ClientEnvironment.RunAsync("Copy-NixClosure $top -To b28 -WhatIf", ("top", top))).Succeeded();

        Assert.Equal($"What if: Performing the operation \"Copy closure from the local store to b28\" on target \"{top}\".\n", result.Screen);
        Assert.Empty(result.Output);
        Assert.False(await Bed.VerifyPathAsync("b28", top));
    }

    [TestBedTheory]
    [InlineData("/nix/store/00000000000000000000000000000000-x -To b28", nameof(NixErrors.PathNotValid), ErrorCategory.ObjectNotFound, "The local store does not have '/nix/store/0")]
    [InlineData("/nix/store/00000000000000000000000000000000-x -From b28", nameof(NixErrors.PathNotValid), ErrorCategory.ObjectNotFound, "b28 does not have '/nix/store/0")]
    [InlineData("/nix/store/00000000000000000000000000000000-x", nameof(NixErrors.StoreUriInvalid), ErrorCategory.InvalidArgument, "nothing to copy")]
    [InlineData("/nix/store/00000000000000000000000000000000-x -To nowhere", nameof(NixErrors.StoreUriInvalid), ErrorCategory.InvalidArgument, "nor the name of a builder")]
    [InlineData("/nix/store/00000000000000000000000000000000-x -From ssh://127.0.0.1:1", nameof(NixErrors.ConnectionRefused), ErrorCategory.ConnectionError, "port 1")]
    public async Task What_cannot_be_copied_ends_the_cmdlet(string arguments, string id, ErrorCategory category, string words)
    {
        var error = (await ClientEnvironment.RunAsync($"Copy-NixClosure {arguments}")).TerminatingError;

        Assert.Equal(($"{id},NixRemote.Commands.CopyNixClosureCommand", category), (error?.FullyQualifiedErrorId, error!.CategoryInfo.Category));
        Assert.Contains(words, error.ToString(), StringComparison.Ordinal);
        Assert.NotEqual("", error.ErrorDetails.RecommendedAction);
    }

    [TestBedFact]
    public async Task A_text_that_is_no_path_does_not_hold_up_the_others()
    {
        var (top, _) = await MakeClosureAsync();

        var result = await ClientEnvironment.RunAsync("'not-a-path', $top | Copy-NixClosure -To b28", ("top", top));

        var error = Assert.Single(result.Errors);
        Assert.Equal(("StorePathInvalid,NixRemote.Commands.CopyNixClosureCommand", "not-a-path"), (error.FullyQualifiedErrorId, error.TargetObject));
        Assert.Equal(2, Assert.Single(result.OutputOf<NixClosureCopy>()).Copied);
    }

    // who has signed → whether a daemon takes it that does not trust the user
    [TestBedTheory]
    [InlineData("nobody", false)]
    [InlineData("a key that it does not know", false)]
    [InlineData("a key that it trusts", true)]
    public async Task A_local_daemon_that_does_not_trust_the_user_takes_what_is_signed(string signer, bool comes)
    {
        using var directory = new TemporaryDirectory(Bed.ShareDirectory);
        var key = Assert.Single((await ClientEnvironment.RunAsync("New-NixSigningKey local-1 $file", ("file", directory["key"]))).Succeeded().OutputOf<NixSigningKey>());
        var settings = signer == "a key that it trusts" ? $"trusted-users = nobody\nextra-trusted-public-keys = {key.PublicKey}" : "trusted-users = nobody";
        await using var daemon = await SecondDaemon.StartAsync(Bed.Client, settings);
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("built", "echo > $out"));
        var goal = Assert.Single((await ClientEnvironment.RunAsync("Invoke-NixRemoteBuild $drv -Builder b226 -Destination b226", ("drv", drv))).Succeeded().OutputOf<NixBuildResult>());

        var result = await ClientEnvironment.RunAsync(
            "Copy-NixClosure $path -From b226 -To $to @signed",
            ("path", goal.Outputs["out"]), ("to", $"unix://{daemon.Socket}"),
            ("signed", signer == "nobody" ? new System.Collections.Hashtable() : new System.Collections.Hashtable { ["SigningKey"] = directory["key"] }));

        Assert.Equal(comes, await Bed.VerifyPathAsync(Bed.Client, goal.Outputs["out"]));
        Assert.Equal(comes ? null : "SignatureMissing,NixRemote.Commands.CopyNixClosureCommand", result.TerminatingError?.FullyQualifiedErrorId);
        Assert.Equal(comes ? 1 : 0, result.OutputOf<NixClosureCopy>().Count());
    }

    /// <summary>A path that refers to another one, both new to all builders.</summary>
    private static async Task<(string Top, string Below)> MakeClosureAsync()
    {
        var expression = $"let below = builtins.toFile \"below\" \"{Nonce.Next()}\"; in builtins.toFile \"top\" \"needs ${{below}}\"";
        var top = (await Bed.ExecAsync(Bed.Client, "nix-instantiate", "--eval", "--read-write-mode", "-E", expression)).Succeeded().Trim('"');
        var references = (await Bed.ExecAsync(Bed.Client, "nix-store", "--query", "--references", top)).Succeeded();
        return (top, references);
    }

    private static async Task<NixClosureCopy> CopyAsync(string script, params (string Name, object? Value)[] variables) =>
        Assert.Single((await ClientEnvironment.RunAsync(script, variables)).Succeeded().OutputOf<NixClosureCopy>());
}
