using System.Management.Automation;
using NixRemote.Builds;
using NixRemote.Tests.Builders;
using NixRemote.Tests.Engine;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Cmdlets;

/// <summary>What bad input gets: an error with its stable id, category, target, and what to do.</summary>
[Collection(ClientEnvironmentCollection.Name)]
public sealed class InvokeNixRemoteBuildFailureTests
{
    private static NixTestBed Bed => NixTestBed.Current;

    public static TheoryData<string> TroubleOfBuilders => Trouble.OfBuilders;

    [TestBedTheory]
    [MemberData(nameof(TroubleOfBuilders))]
    public async Task A_builder_that_cannot_be_used(string name)
    {
        await using var trouble = Trouble.Make(name);
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("trouble", "echo > $out"));

        var result = await ClientEnvironment.RunAsync($"Invoke-NixRemoteBuild $drv -Builder $builder{trouble.Arguments}", ("drv", drv), ("builder", trouble.Builder));

        var error = result.TerminatingError ?? Assert.Single(result.Errors);
        AssertError(error, trouble.Error, trouble.Category);
        Assert.All(trouble.Words, word => Assert.Contains(word, error.ToString(), StringComparison.Ordinal));
        Assert.Contains(trouble.Words.Append(Trouble.Node), word => result.Warnings.Any(w => w.Contains(word, StringComparison.Ordinal)));
        if (result.TerminatingError is null)
        {
            Assert.Equal(drv, error.TargetObject);
            Assert.Equal(GoalStatus.Failed, Assert.Single(result.OutputOf<NixBuildResult>()).Status);
        }
    }

    [TestBedTheory]
    [InlineData("dies in the upload", "cat $source > $out", "source = builtins.toFile \"source\" (builtins.concatStringsSep \"\" (builtins.genList (i: toString i) 40000));")]
    [InlineData("dies in the build", "while echo a line of the log of this build; do :; done", "")]
    [InlineData("dies in the download", "head -c 1000000 /dev/urandom > $out", "")]
    public async Task A_remote_that_dies_in_a_phase(string name, string script, string attributes)
    {
        await using var trouble = Trouble.Make(name);
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("phase", script, attributes));

        var result = await ClientEnvironment.RunAsync("Invoke-NixRemoteBuild $drv -Builder $builder", ("drv", drv), ("builder", trouble.Builder));

        var error = Assert.Single(result.Errors);
        AssertError(error, trouble.Error, trouble.Category);
        Assert.Contains(Trouble.Node, error.ToString(), StringComparison.Ordinal);
        Assert.All(trouble.Words, word => Assert.Contains(word, error.ToString(), StringComparison.Ordinal));
        Assert.Equal(drv, error.TargetObject);
        var goal = Assert.Single(result.OutputOf<NixBuildResult>());
        Assert.Equal((GoalStatus.Failed, false), (goal.Status, goal.Success));
        Assert.False(await Bed.VerifyPathAsync(Bed.Client, goal.Outputs["out"]));
    }

    [TestBedTheory]
    [InlineData("failing build", "seq 1 40; exit 7", "", nameof(NixErrors.BuildFailed), ErrorCategory.InvalidResult, "exit code 7|The last 25 lines of its log|> 16\n|> 40")]
    [InlineData("feature nobody has", "echo > $out", "requiredSystemFeatures = [ \"nobody-has-it\" ];", nameof(NixErrors.NoEligibleBuilder), ErrorCategory.ResourceUnavailable, "b28: it lacks the feature nobody-has-it|b226: |b234: ")]
    [InlineData("system nobody has", "echo > $out", "system = \"riscv64-linux\";", nameof(NixErrors.NoEligibleBuilder), ErrorCategory.ResourceUnavailable, "riscv64-linux|b28: |b226: |b234: ")]
    [InlineData("timeout of the build", "echo begun; exec sleep 60", "", nameof(NixErrors.BuildTimedOut), ErrorCategory.OperationTimeout, "timed out")]
    public async Task A_derivation_that_cannot_be_built(string name, string script, string attributes, string id, ErrorCategory category, string words)
    {
        var expression = Nonce.Derivation(name.Replace(' ', '-'), script, attributes);
        var drv = await Bed.InstantiateAsync(attributes.StartsWith("system", StringComparison.Ordinal)
            ? expression.Replace("system = builtins.currentSystem;", "", StringComparison.Ordinal) : expression);

        var result = await ClientEnvironment.RunAsync($"Invoke-NixRemoteBuild $drv{(name.StartsWith("timeout", StringComparison.Ordinal) ? " -Timeout 1" : "")}", ("drv", drv));

        var error = Assert.Single(result.Errors);
        AssertError(error, Definition(id), category);
        Assert.Equal(drv, error.TargetObject);
        Assert.Contains(drv, error.ToString(), StringComparison.Ordinal);
        Assert.All(words.Split('|'), word => Assert.Contains(word, error.ToString(), StringComparison.Ordinal));
        var goal = Assert.Single(result.OutputOf<NixBuildResult>());
        Assert.False(goal.Success);
        Assert.Equal(id, goal.Error!.ErrorId);
    }

    [TestBedTheory]
    [MemberData(nameof(NixTestBed.Builders), MemberType = typeof(NixTestBed))]
    public async Task A_user_who_is_not_trusted_is_warned_and_what_nothing_vouches_for_fails(string node)
    {
        var below = await Bed.InstantiateAsync(Nonce.Derivation("below", "echo > $out"));
        var built = (await Bed.ExecAsync(Bed.Client, "nix-store", "--realise", below)).Succeeded();
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("guest", "cat $below > $out", $"below = builtins.storePath {built};"));

        var result = await ClientEnvironment.RunAsync($"Invoke-NixRemoteBuild $drv -Builder 'ssh-ng://{node}-guest x86_64-linux'", ("drv", drv));

        var error = Assert.Single(result.Errors);
        AssertError(error, NixErrors.SignatureMissing, ErrorCategory.SecurityError);
        Assert.Contains($"{node}-guest", error.ToString(), StringComparison.Ordinal);
        Assert.Contains(built, error.ToString(), StringComparison.Ordinal);
        Assert.Contains("trusted", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("trusted-users", result.Warnings[0], StringComparison.Ordinal);
    }

    [TestBedTheory]
    [InlineData("missing", nameof(NixErrors.DerivationMissing), ErrorCategory.ObjectNotFound)]
    [InlineData("truncated", nameof(NixErrors.DerivationInvalid), ErrorCategory.InvalidData)]
    [InlineData("tampered", nameof(NixErrors.DerivationTampered), ErrorCategory.SecurityError)]
    public async Task A_derivation_that_is_not_what_it_was(string what, string id, ErrorCategory category)
    {
        var drv = what == "missing" ? $"/nix/store/{new string('0', 32)}-missing.drv" : await Bed.InstantiateAsync(Nonce.Derivation("changed", "echo one > $out"));
        using var folder = new TemporaryFolder();
        if (what != "missing")
        {
            var text = await File.ReadAllTextAsync(Bed.OnHost(Bed.Client, drv));
            folder.Write(Path.GetFileName(drv), what == "truncated" ? text[..(text.Length / 2)] : text.Replace("echo one", "echo two", StringComparison.Ordinal));
        }

        var result = await ClientEnvironment.RunAsync(
            "Invoke-NixRemoteBuild $drv -Store $store", ("drv", drv), ("store", $"unix://{Bed.ClientDaemonSocket}?real={folder.Path}"));

        AssertError(result.TerminatingError!, Definition(id), category);
        Assert.Equal(drv, result.TerminatingError!.TargetObject);
        Assert.Contains(drv, result.TerminatingError.ToString(), StringComparison.Ordinal);
    }

    [TestBedTheory]
    [InlineData("not-a-path", nameof(NixErrors.StorePathInvalid), ErrorCategory.InvalidArgument)]
    [InlineData("/nix/store/00000000000000000000000000000000-no-derivation", nameof(NixErrors.StorePathInvalid), ErrorCategory.InvalidArgument)]
    [InlineData("/nix/store/00000000000000000000000000000000-x.drv^out,", nameof(NixErrors.StorePathInvalid), ErrorCategory.InvalidArgument)]
    public async Task A_text_that_is_no_derivation_does_not_hold_up_the_others(string text, string id, ErrorCategory category)
    {
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("other", "echo > $out"));

        var result = await ClientEnvironment.RunAsync("$text, $drv | Invoke-NixRemoteBuild", ("text", text), ("drv", drv));

        var error = Assert.Single(result.Errors);
        AssertError(error, Definition(id), category);
        Assert.Equal(text, error.TargetObject);
        Assert.Equal(GoalStatus.Built, Assert.Single(result.OutputOf<NixBuildResult>()).Status);
    }

    [TestBedTheory]
    [InlineData("$drv + '^nope'", nameof(NixErrors.OutputNotFound), "it has out")]
    [InlineData("$drv -Store nowhere", nameof(NixErrors.StoreUriInvalid), "nor the name of a builder (b28, b226, b234)")]
    [InlineData("$drv -Store ssh://127.0.0.1:1", nameof(NixErrors.ConnectionRefused), "port 1")]
    [InlineData("$drv -Destination ssh://127.0.0.1:1", nameof(NixErrors.ConnectionRefused), "port 1")]
    [InlineData("-Expression blah", nameof(NixErrors.EvaluationFailed), "undefined variable 'blah'")]
    [InlineData("-Expression '{ }'", nameof(NixErrors.EvaluationFailed), "found no derivation in the expression")]
    [InlineData("-Expression '{ a = { }; }' -Attribute b", nameof(NixErrors.EvaluationFailed), "could not evaluate b of the expression")]
    [InlineData("-File /no/such/file.nix", nameof(NixErrors.EvaluationFailed), "/no/such/file.nix")]
    public async Task What_keeps_a_run_from_beginning_ends_the_cmdlet(string arguments, string id, string words)
    {
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("begin", "echo > $out"));

        var result = await ClientEnvironment.RunAsync(
            arguments.StartsWith("$drv + ", StringComparison.Ordinal) ? $"Invoke-NixRemoteBuild ({arguments})" : $"Invoke-NixRemoteBuild {arguments}", ("drv", drv));

        Assert.Equal($"{id},NixRemote.Commands.InvokeNixRemoteBuildCommand", result.TerminatingError?.FullyQualifiedErrorId);
        Assert.Contains(words, result.TerminatingError!.ToString(), StringComparison.Ordinal);
        Assert.NotEqual("", result.TerminatingError.ErrorDetails.RecommendedAction);
        Assert.Empty(result.Output);
    }

    [TestBedTheory]
    [InlineData("nobody", "BuilderNotFound", "There is no builder with the name 'nobody'; there are b28, b226, b234.")]
    [InlineData("ssh://b28 x86_64-linux - many", "MachinesEntryInvalid", "'many'")]
    public async Task A_builder_that_is_not_one_is_refused_before_anything_is_begun(string builder, string id, string words)
    {
        var result = await ClientEnvironment.RunAsync("Invoke-NixRemoteBuild /nix/store/x.drv -Builder b28, $builder", ("builder", builder));

        Assert.Equal($"{id},NixRemote.Commands.InvokeNixRemoteBuildCommand", result.TerminatingError?.FullyQualifiedErrorId);
        Assert.Contains(words, result.TerminatingError!.ToString(), StringComparison.Ordinal);
        Assert.NotEmpty(result.TerminatingError.ErrorDetails.RecommendedAction);
        Assert.Empty(result.Errors);
    }

    private static void AssertError(ErrorRecord error, ErrorDefinition definition, ErrorCategory category)
    {
        Assert.Equal(
            ($"{definition.Id},NixRemote.Commands.InvokeNixRemoteBuildCommand", category), (error.FullyQualifiedErrorId, error.CategoryInfo.Category));
        Assert.Equal(((NixRemoteException)error.Exception).RecommendedAction, error.ErrorDetails.RecommendedAction);
        Assert.NotEqual("", error.ErrorDetails.RecommendedAction);
    }

    private static ErrorDefinition Definition(string id) => NixErrors.All.Single(d => d.Id == id);
}
