using NixRemote.Builds;
using NixRemote.Commands;
using NixRemote.Tests.Stores;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Cmdlets;

/// <summary>Binary caches, keys and signatures as a user has them, with real Nix as the judge.</summary>
[Collection(ClientEnvironmentCollection.Name)]
public sealed class SigningTests : StoreFixture
{
    [TestBedFact]
    public async Task A_signed_closure_goes_through_a_cache_to_a_machine_and_Nix_believes_it()
    {
        var pair = await BuildPairAsync();
        var key = await MakeKeyAsync("cache-1");
        Assert.Equal(($"extra-trusted-public-keys = {key.PublicKey}", $"secret-key-files = {KeyFile}"), (key.TrustLine, key.SignLine));
        var cache = $"file://{CacheFolder}";

        var up = await CopyAsync("Copy-NixClosure $path -To $cache -SigningKey $key", pair.Top);
        var down = await CopyAsync("Copy-NixClosure $path -From $cache -To ssh-ng://b226 -TrustedPublicKey $publicKey", pair.Top, key);

        Assert.Equal((2, 2, cache), (up.Copied, down.Copied, down.From));
        Assert.Equal([pair.Below, pair.Top], up.Paths.Select(p => p.ToString()));
        Assert.True(await Bed.VerifyPathAsync("b226", pair.Top));
        Assert.True(await IsTrustedByAsync("b234", cache, pair.Top, key.PublicKey));
        Assert.True(await IsTrustedByAsync("b226", "daemon", pair.Top, key.PublicKey));
        Assert.False(await IsTrustedByAsync("b234", cache, pair.Top, "cache-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY="));
        (await Bed.ExecAsync("b28", "nix", "--extra-experimental-features", "nix-command", "copy", "--from", cache, "--option", "trusted-public-keys", key.PublicKey, pair.Top)).Succeeded();
        Assert.True(await Bed.VerifyPathAsync("b28", pair.Top));
    }

    // arguments of copying an unsigned path out of a cache → whether it comes
    [TestBedTheory]
    [InlineData("-From $cache -To b28", false)]
    [InlineData("-From $cache -To b28 -NoCheckSignature", true)]
    [InlineData("-From \"$cache`?trusted=true\" -To b28", true)]
    [InlineData("-From \"$cache`?trusted=true\" -To b28 -RequireSignature", false)]
    [InlineData("-From $cache -To \"$cache-2\"", true)]
    [InlineData("-From $cache -To \"$cache-2\" -RequireSignature", false)]
    [InlineData("-From daemon -To b28", true)]
    [InlineData("-From daemon -To b28 -RequireSignature", false)]
    public async Task Who_must_have_signed(string arguments, bool comes)
    {
        var pair = await BuildPairAsync();
        (await RunAsync("Copy-NixClosure $path -To $cache", pair.Top)).Succeeded();

        var result = await RunAsync($"Copy-NixClosure $path {arguments}", pair.Top);

        if (comes)
        {
            Assert.Equal(2, Assert.Single(result.Succeeded().OutputOf<NixClosureCopy>()).Copied);
            return;
        }

        Assert.Equal("SignatureMissing,NixRemote.Commands.CopyNixClosureCommand", result.TerminatingError?.FullyQualifiedErrorId);
        Assert.Contains("it has no signature", result.TerminatingError!.ToString(), StringComparison.Ordinal);
        Assert.False(await Bed.VerifyPathAsync("b28", pair.Below));
        Assert.False(Directory.Exists(CacheFolder + "-2"));
    }

    [TestBedTheory]
    [InlineData("ssh-ng://b234", "b234")]
    [InlineData("ssh-ng://b28", "b28")]
    public async Task Paths_are_signed_where_they_are(string store, string node)
    {
        var pair = await BuildPairAsync();
        var key = await MakeKeyAsync("machine-1");
        (await RunAsync($"Copy-NixClosure $path -To {store}", pair.Top)).Succeeded();
        Assert.False(await IsTrustedByAsync(node, "daemon", pair.Top, key.PublicKey));

        var added = (await RunAsync($"Add-NixSignature $path -Store {store} -SigningKey $key -Recurse", pair.Top)).Succeeded().OutputOf<NixPathSignature>().ToList();

        Assert.Equal([pair.Below, pair.Top], added.Select(a => a.Path.ToString()));
        Assert.All(added, a => Assert.StartsWith("machine-1:", a.Signature, StringComparison.Ordinal));
        Assert.True(await IsTrustedByAsync(node, "daemon", pair.Top, key.PublicKey));
        Assert.True(await IsTrustedByAsync(node, "daemon", pair.Below, key.PublicKey));
    }

    [TestBedFact]
    public async Task Paths_of_a_cache_are_signed_and_keep_their_signatures()
    {
        var pair = await BuildPairAsync();
        var first = await MakeKeyAsync("one-1");
        (await RunAsync("Copy-NixClosure $path -To $cache -SigningKey $key", pair.Top)).Succeeded();
        File.Delete(KeyFile);
        var second = await MakeKeyAsync("two-1");

        (await RunAsync("Add-NixSignature $path -Store $cache -SigningKey $key", pair.Top)).Succeeded();

        Assert.True(await IsTrustedByAsync("b226", $"file://{CacheFolder}", pair.Top, first.PublicKey));
        Assert.True(await IsTrustedByAsync("b226", $"file://{CacheFolder}", pair.Top, second.PublicKey));
        Assert.False(await IsTrustedByAsync("b226", $"file://{CacheFolder}", pair.Below, second.PublicKey));
    }

    [TestBedTheory]
    [InlineData("Add-NixSignature $path -Store b28 -SigningKey $key", "StoreTakesNoSignatures,NixRemote.Commands.AddNixSignatureCommand")]
    [InlineData("Add-NixSignature $path -SigningKey $path", "ConfigurationFileUnreadable,NixRemote.Commands.AddNixSignatureCommand")]
    [InlineData("Copy-NixClosure $path -To b28 -SigningKey /nowhere", "ConfigurationFileUnreadable,NixRemote.Commands.CopyNixClosureCommand")]
    [InlineData("Copy-NixClosure $path -To b28 -TrustedPublicKey no-key", "SigningKeyInvalid,NixRemote.Commands.CopyNixClosureCommand")]
    [InlineData("New-NixSigningKey again-1 $key", "DestinationExists,NixRemote.Commands.NewNixSigningKeyCommand")]
    [InlineData("Copy-NixClosure $path -From daemon -To http://127.0.0.1:1", "HttpFailed,NixRemote.Commands.CopyNixClosureCommand")]
    public async Task What_cannot_be_signed(string script, string id)
    {
        var pair = await BuildPairAsync();
        await MakeKeyAsync("key-1");
        (await RunAsync("Copy-NixClosure $path -To b28", pair.Top)).Succeeded();
        Assert.Equal(id, (await RunAsync(script, pair.Top)).TerminatingError?.FullyQualifiedErrorId);
    }

    [TestBedFact]
    public async Task WhatIf_makes_and_signs_nothing()
    {
        var pair = await BuildPairAsync();
        var result = (await RunAsync("New-NixSigningKey if-1 $key -WhatIf", pair.Top)).Succeeded();
        Assert.Contains("Make the signing key if-1", result.Screen, StringComparison.Ordinal);
        Assert.False(File.Exists(KeyFile));
        await MakeKeyAsync("if-1");
        Assert.Empty((await RunAsync("Add-NixSignature $path -Store ssh-ng://b226 -SigningKey $key -WhatIf", pair.Top)).Succeeded().Output);
    }

    [TestBedTheory]
    [InlineData("Goals", false)]
    [InlineData("All", true)]
    public async Task A_build_ends_in_a_cache_signed(string outputs, bool isBelowThere)
    {
        var below = Nonce.Derivation("below", "echo below > $out");
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("top", "cat $below > $out", $"below = {below};"));
        var key = await MakeKeyAsync("build-1");

        var result = Assert.Single((await RunAsync($"Invoke-NixRemoteBuild $path -Destination $cache -SigningKey $key -CopyOutputs {outputs}", drv))
            .Succeeded().OutputOf<NixBuildResult>());

        var top = result.Outputs["out"].ToString();
        Assert.True(await IsTrustedByAsync("b226", $"file://{CacheFolder}", top, key.PublicKey));
        Assert.False(await Bed.VerifyPathAsync(Bed.Client, top));
        var belowPath = (await Bed.ExecAsync(Bed.Client, "sh", "-c", $"nix-store -q --outputs $(nix-store -q --references {drv} | grep below.drv)")).Succeeded();
        Assert.Equal(isBelowThere, (await RunAsync("Get-NixPathInfo $path -Store $cache", belowPath)).Output.Count == 1);
    }

    [TestBedFact]
    public async Task A_build_may_begin_and_end_in_a_cache()
    {
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("cached", "cat $source > $out", $"source = builtins.toFile \"source\" \"{Nonce.Next()}\";"));
        (await RunAsync("Copy-NixClosure $path -To $cache", drv)).Succeeded();

        var result = Assert.Single((await RunAsync("Invoke-NixRemoteBuild $path -Store $cache -Builder b28", drv)).Succeeded().OutputOf<NixBuildResult>());

        Assert.Equal((GoalStatus.Built, "b28"), (result.Status, result.Builder));
        Assert.Equal(["b28", $"file://{CacheFolder}"], (await RunAsync("Get-NixPathInfo $path -Store b28, $cache", result.Outputs["out"].ToString())).Succeeded().OutputOf<NixPathInfo>().Single().Stores);
    }

    [TestBedFact]
    public async Task The_outputs_of_derivations_go_along()
    {
        var pair = await BuildPairAsync();

        var copy = await CopyAsync("Copy-NixClosure $path -To $cache -IncludeOutputs", pair.Derivation);

        Assert.Equal(4, copy.Copied);
        Assert.Contains(pair.Top, copy.Paths.Select(p => p.ToString()));
        Assert.Contains(pair.Below, copy.Paths.Select(p => p.ToString()));
        Assert.Equal(0, (await CopyAsync("Copy-NixClosure $path -To $cache", pair.Derivation)).Copied);
    }

    // who signs what the builder builds, arguments → whether the output comes
    [TestBedTheory]
    [InlineData("nobody", "", true)]
    [InlineData("nobody", "-RequireSignature", false)]
    [InlineData("the builder", "-RequireSignature", false)] // with a key that is not trusted
    [InlineData("the builder", "-RequireSignature -TrustedPublicKey $publicKey", true)]
    [InlineData("the builder", "-RequireSignature -TrustedPublicKey $publicKey -Destination b28", true)]
    [InlineData("nobody", "-RequireSignature -Destination b28", false)]
    [InlineData("nobody", "-RequireSignature -Unpack ($cache -replace 'file://')", false)]
    public async Task Outputs_come_only_with_the_signatures_that_are_asked_for(string signer, string arguments, bool comes)
    {
        var key = await MakeKeyAsync("builder-1");
        await using var daemon = await SecondDaemon.StartAsync("b226", signer == "nobody" ? "" : key.SignLine);
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("output", "echo > $out"));

        var result = await RunAsync($"Invoke-NixRemoteBuild $path -Builder 'ssh-ng://b226{daemon.Parameters("ssh-ng")}' {arguments}", drv, key);

        var goal = Assert.Single(result.OutputOf<NixBuildResult>());
        var target = arguments.Contains("b28", StringComparison.Ordinal) ? "b28" : Bed.Client;
        Assert.Equal(comes, await Bed.VerifyPathAsync(target, goal.Outputs["out"]));
        Assert.Equal(comes ? GoalStatus.Built : GoalStatus.Failed, goal.Status);
        Assert.True(await Bed.VerifyPathAsync("b226", goal.Outputs["out"]));
        Assert.False(Directory.Exists(CacheFolder));
        if (!comes)
        {
            var error = Assert.Single(result.Errors);
            Assert.Equal("SignatureMissing,NixRemote.Commands.InvokeNixRemoteBuildCommand", error.FullyQualifiedErrorId);
            Assert.Contains("secret-key-files", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        }
    }

    [TestBedFact]
    public async Task Comparing_needs_no_signatures() => Assert.Equal(
        "ParametersConflict,NixRemote.Commands.InvokeNixRemoteBuildCommand",
        (await RunAsync("Invoke-NixRemoteBuild $path -Rebuild -RequireSignature", await Bed.InstantiateAsync(Nonce.Derivation("any", "echo > $out")))).TerminatingError?.FullyQualifiedErrorId);

    private async Task<NixClosureCopy> CopyAsync(string script, string path, NixSigningKey? key = null) =>
        Assert.Single((await RunAsync(script, path, key)).Succeeded().OutputOf<NixClosureCopy>());

    private Task<Engine.ModuleRunspaceResult> RunAsync(string script, string path, NixSigningKey? key = null) =>
        ClientEnvironment.RunAsync(script, ("path", path), ("cache", $"file://{CacheFolder}"), ("key", KeyFile), ("publicKey", key?.PublicKey));
}
