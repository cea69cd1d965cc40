using System.Management.Automation;
using NixRemote.Diagnosis;
using NixRemote.Stores;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Cmdlets;

/// <summary>Test-NixBuilder: what it finds on real builders, and the cause of each failure.</summary>
[Collection(ClientEnvironmentCollection.Name)]
public sealed class TestNixBuilderTests
{
    private static NixTestBed Bed => NixTestBed.Current;

    public static TheoryData<string, string> BuildersTimesProtocols => NixTestBed.BuildersTimesProtocols;

    public static TheoryData<string> TroubleOfBuilders => Trouble.OfBuilders;

    [TestBedTheory]
    [MemberData(nameof(BuildersTimesProtocols))]
    public async Task A_builder_that_can_build(string node, string protocol)
    {
        var result = await TestAsync($"{protocol}://{node} x86_64-linux - 2");

        Assert.Equal((BuilderTestStatus.Passed, true, true, null), (result.Status, result.Reachable, result.Authenticated, result.Error));
        Assert.Equal((node, $"{protocol}://{node}"), (result.Name, result.StoreUri));
        Assert.Equal(protocol == "ssh" ? StoreProtocol.Serve : StoreProtocol.Worker, result.Protocol);
        Assert.Equal((node, protocol) switch
        {
            (_, "ssh") => "2.7",
            ("b28", _) => "1.34",
            _ => "1.38",
        }, result.ProtocolVersion.ToString());
        Assert.Equal(("Nix", Bed.Node(node).NixVersion), (result.Implementation, result.NixVersion));
        Assert.Equal(TrustLevel.Trusted, result.Trusted);
        Assert.InRange(result.Latency!.Value, TimeSpan.FromTicks(1), TimeSpan.FromSeconds(5));
        Assert.StartsWith("SHA256:", result.HostKey, StringComparison.Ordinal);
        Assert.Equal("", result.RecommendedAction);
        Assert.Equal(Enum.GetValues<BuilderCheckName>(), result.Checks.Select(c => c.Name));
        Assert.Equal([BuilderCheckName.Build], result.Checks.Where(c => c.Result != BuilderCheckResult.Passed).Select(c => c.Name));
    }

    [TestBedTheory]
    [InlineData("b28", "", "1 tiny derivation: x86_64-linux.")]
    [InlineData("b226", "benchmark", "2 tiny derivations: x86_64-linux; x86_64-linux with benchmark.")]
    [InlineData("b234", "- big-parallel", "1 tiny derivation: x86_64-linux with big-parallel.")]
    public async Task Each_claim_is_built(string node, string features, string message)
    {
        var result = await TestAsync($"ssh-ng://{node} x86_64-linux - 2 1 {features}", " -Build");

        Assert.Equal(BuilderTestStatus.Passed, result.Status);
        Assert.EndsWith(message, result.Checks[^1].Message, StringComparison.Ordinal);
    }

    [TestBedTheory]
    [InlineData("ssh-ng://b226-guest x86_64-linux", "does not trust the user", "trusted-users")]
    [InlineData("ssh-ng://b234-guest x86_64-linux", "does not trust the user", "trusted-users")]
    [InlineData("ssh://b28 x86_64-linux - 0", "job count of b28 is 0", "job count")]
    public async Task A_builder_that_answers_but_will_not_build(string builder, string message, string action)
    {
        var result = await TestAsync(builder);

        Assert.Equal((BuilderTestStatus.Warning, true, true, null), (result.Status, result.Reachable, result.Authenticated, result.Error));
        Assert.Contains(message, result.Message, StringComparison.Ordinal);
        Assert.Contains(action, result.RecommendedAction, StringComparison.Ordinal);
    }

    [TestBedTheory]
    [MemberData(nameof(TroubleOfBuilders))]
    public async Task A_builder_that_cannot_be_used(string name)
    {
        await using var trouble = Trouble.Make(name);

        var result = await TestAsync(trouble.Builder, trouble.Arguments);

        Assert.Equal((BuilderTestStatus.Failed, trouble.Error), (result.Status, result.Error!.Definition));
        Assert.Equal(trouble.Reached, (result.Reachable, result.Authenticated));
        Assert.All(trouble.Words, word => Assert.Contains(word, result.Message + result.Error.StandardErrorTail, StringComparison.Ordinal));
        Assert.Equal(result.Error.RecommendedAction, result.RecommendedAction);
        Assert.NotEqual("", result.RecommendedAction);
    }

    [TestBedFact]
    public async Task All_configured_builders_are_tested_at_once()
    {
        var result = (await ClientEnvironment.RunAsync("Test-NixBuilder")).Succeeded();

        Assert.Equal(["b226", "b234", "b28"], result.OutputOf<NixBuilderTestResult>().Select(r => r.Name).Order());
    }

    [TestBedFact]
    public async Task One_that_does_not_answer_holds_up_no_other()
    {
        await using var silent = Trouble.Make("timeout");

        var result = (await ClientEnvironment.RunAsync(
            "$silent, 'b28', 'ssh-ng://b234 x86_64-linux' | Test-NixBuilder -ConnectTimeout 2", ("silent", silent.Builder))).Succeeded();

        Assert.Equal(["127.0.0.1"], result.OutputOf<NixBuilderTestResult>().Select(r => r.Name).Skip(2));
    }

    [TestBedTheory]
    [InlineData("Get-NixBuilder | Test-NixBuilder -Quiet", true)]
    [InlineData("Test-NixBuilder b28, 'ssh-ng://b234-guest x86_64-linux' -Quiet", true)]
    [InlineData("Test-NixBuilder b28, 'ssh://127.0.0.1:1 x86_64-linux' -Quiet", false)]
    public async Task Quiet_gives_a_Boolean(string script, bool expected) =>
        Assert.Equal(expected, Assert.Single((await ClientEnvironment.RunAsync(script)).Succeeded().OutputOf<bool>()));

    [TestBedTheory]
    [InlineData("Test-NixBuilder -Builder @()", "ParameterArgumentValidationError", ErrorCategory.InvalidData)]
    [InlineData("@() | Test-NixBuilder", "NoBuilders", ErrorCategory.ResourceUnavailable)]
    [InlineData("Test-NixBuilder -ConnectTimeout 0", "ParameterArgumentTransformationError", ErrorCategory.InvalidData)]
    [InlineData("Test-NixBuilder -ConnectTimeout -1", "ParameterArgumentTransformationError", ErrorCategory.InvalidData)]
    [InlineData("Test-NixBuilder -ThrottleLimit 0", "ParameterArgumentValidationError", ErrorCategory.InvalidData)]
    public async Task Arguments_that_mean_nothing_are_refused(string script, string id, ErrorCategory category)
    {
        var error = (await ClientEnvironment.RunAsync(script)).TerminatingError;
        Assert.Equal(($"{id},NixRemote.Commands.TestNixBuilderCommand", category), (error?.FullyQualifiedErrorId, error!.CategoryInfo.Category));
    }

    private static async Task<NixBuilderTestResult> TestAsync(string builder, string arguments = "") =>
        Assert.Single((await ClientEnvironment.RunAsync($"Test-NixBuilder $builder{arguments}", ("builder", builder))).Succeeded().OutputOf<NixBuilderTestResult>());
}
