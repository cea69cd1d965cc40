using NixRemote.Diagnosis;
using NixRemote.Tests.Cmdlets;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Diagnosis;

/// <summary>Each trouble, made real, is found by the right check, with its cause and its cure.</summary>
[Collection(ClientEnvironmentCollection.Name)]
public sealed class DiagnosisTableTests
{
    public static TheoryData<string> Symptoms => [.. DiagnosisRows.All.Keys];

    /// <summary>nix-daemon --stdio of Nix 2.34 ends without a word when its daemon is not there: only the test, which asks nix-store too, can tell.</summary>
    public static TheoryData<string> SymptomsOfBuilds =>
        [.. DiagnosisRows.All.Where(row => row.Value.IsMetByBuilds && row.Key != "daemon socket refused").Select(row => row.Key)];

    [TestBedTheory]
    [MemberData(nameof(Symptoms))]
    public async Task A_trouble_is_found_by_the_right_check(string symptom)
    {
        var row = DiagnosisRows.All[symptom];
        await using var builder = new TroubledBuilder();
        await row.Make(builder);

        var result = await TestAsync(builder);

        var found = result.Checks.FirstOrDefault(c => c.Result is BuilderCheckResult.Failed or BuilderCheckResult.Warning);
        Assert.True((row.Check, row.Error.Id) == (found?.Name, found?.ErrorId), $"{found?.Name} found {found?.ErrorId}: {found?.Message} {found?.Error?.StandardErrorTail}");
        Assert.Contains(row.Cure, found!.RecommendedAction, StringComparison.Ordinal);
        Assert.All(row.Words, word => Assert.Contains(word, found.Message + found.Error!.StandardErrorTail, StringComparison.Ordinal));
        Assert.All(result.Checks, c => Assert.Equal(c.Result is BuilderCheckResult.Failed or BuilderCheckResult.Warning, c.RecommendedAction.Length > 0));
        Assert.Equal(found.Result == BuilderCheckResult.Failed ? BuilderTestStatus.Failed : result.Status, result.Status);
    }

    [TestBedTheory]
    [MemberData(nameof(SymptomsOfBuilds))]
    public async Task A_build_that_meets_it_fails_with_the_same_cause(string symptom)
    {
        var row = DiagnosisRows.All[symptom];
        await using var builder = new TroubledBuilder();
        await row.Make(builder);
        var derivation = await NixTestBed.Current.InstantiateAsync(Nonce.Derivation("trouble", "echo > $out"));

        var result = await ClientEnvironment.RunAsync(
            $"Invoke-NixRemoteBuild $derivation -Builder $builder -SshConfigFile $config {builder.Arguments}",
            ("builder", builder.Entry), ("config", builder.SshConfigFile), ("derivation", derivation));

        var error = result.TerminatingError ?? Assert.Single(result.Errors);
        var failure = Assert.IsType<NixRemoteException>(error.Exception, exactMatch: false);
        Assert.True((row.Check, row.Error.Id) == (failure.Check, failure.ErrorId), $"{failure.Check} {failure.ErrorId}: {failure.Message} {failure.StandardErrorTail}");
        Assert.Equal(failure.RecommendedAction, error.ErrorDetails.RecommendedAction);
    }

    [Fact]
    public void README_has_the_table()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "NixRemote.slnx")))
        {
            folder = folder.Parent!;
        }

        var text = File.ReadAllText(Path.Combine(folder.FullName, "README.md"));
        var rows = text.ReplaceLineEndings("\n").Split('\n').SkipWhile(line => !line.StartsWith("| symptom |", StringComparison.Ordinal)).Skip(2)
            .TakeWhile(line => line.Length > 0).Order();

        // One row needs a process of another user: KeyOfAnotherUserTests.
        var expected = DiagnosisRows.All.Select(row => (row.Key, row.Value.Check, row.Value.Error))
            .Append(("machines file of another user's key", BuilderCheckName.Authentication, NixErrors.IdentityFileUnreadable))
            .Select(row => $"| {row.Item1} | {row.Item2} | {row.Item3.Id} | {row.Item3.RecommendedAction} |");
        Assert.Equal(expected.Order(), rows);
    }

    [Theory]
    [InlineData("nix-store (Nix) 2.34.8", "Nix", "2.34.8")]
    [InlineData("nix-store (Nix) 2.32.0pre20250919_abcdef0", "Nix", "2.32.0pre20250919_abcdef0")]
    [InlineData("nix-store (Lix, like Nix) 2.95.3", "Lix", "2.95.3")]
    [InlineData("nix-store (Determinate Nix 3.11.2) 2.31.1", "Determinate Nix", "2.31.1")]
    [InlineData("something else", null, null)]
    [InlineData(null, null, null)]
    public void What_its_program_calls_itself(string? line, string? implementation, string? version) =>
        Assert.Equal((implementation, version), BuilderTest.Implementation(line));

    [Fact]
    public void Each_check_finds_something_that_is_in_the_table_of_errors()
    {
        Assert.Subset(NixErrors.All.Select(e => e.Id).ToHashSet(), ErrorChecks.Ids.ToHashSet());
        Assert.Equal(Enum.GetValues<BuilderCheckName>(), NixErrors.All.Select(e => e.Check).OfType<BuilderCheckName>().Distinct().Order());
        Assert.Equal(Enum.GetValues<BuilderCheckName>(), BuilderTest.Checks.Select(c => c.Name));
    }

    private static async Task<NixBuilderTestResult> TestAsync(TroubledBuilder builder)
    {
        var before = builder.Variables.Keys.ToDictionary(name => name, Environment.GetEnvironmentVariable);
        try
        {
            foreach (var (name, value) in builder.Variables)
            {
                Environment.SetEnvironmentVariable(name, value);
            }

            return Assert.Single((await ClientEnvironment.RunAsync(
                $"Test-NixBuilder $builder -SshConfigFile $config {builder.Arguments}", ("builder", builder.Entry), ("config", builder.SshConfigFile)))
                .Succeeded().OutputOf<NixBuilderTestResult>());
        }
        finally
        {
            foreach (var (name, value) in before)
            {
                Environment.SetEnvironmentVariable(name, value);
            }
        }
    }
}
