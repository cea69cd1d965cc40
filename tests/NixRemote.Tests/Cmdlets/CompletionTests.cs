using System.Management.Automation;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Cmdlets;

/// <summary>What the Tab key offers.</summary>
[Collection(ClientEnvironmentCollection.Name)]
public sealed class CompletionTests
{
    [TestBedTheory]
    [InlineData("Test-NixBuilder ", "b28,b226,b234")]
    [InlineData("Test-NixBuilder b22", "b226")]
    [InlineData("Test-NixBuilder -Builder b28, b23", "b234")]
    [InlineData("Invoke-NixRemoteBuild -Builder B2", "b28,b226,b234")]
    [InlineData("Invoke-NixRemoteBuild -Store b28", "b28")]
    [InlineData("Invoke-NixRemoteBuild -Destination 'b22", "b226")]
    [InlineData("Invoke-NixRemoteBuild -Name b", "b28,b226,b234")]
    [InlineData("Invoke-NixRemoteBuild -ExcludeName b28, b22", "b226")]
    [InlineData("Copy-NixClosure -To b234", "b234")]
    [InlineData("Copy-NixClosure -Path /nix/store/x -To b234", "b234")]
    [InlineData("Copy-NixClosure -From b2", "b28,b226,b234")]
    public async Task Builders_are_completed_by_their_names(string typed, string offered)
    {
        var result = (await ClientEnvironment.RunAsync(
            "[System.Management.Automation.CommandCompletion]::CompleteInput($typed, $typed.Length, $null).CompletionMatches", ("typed", typed))).Succeeded();

        var completions = result.OutputOf<CompletionResult>().ToList();
        Assert.Equal(offered, string.Join(',', completions.Select(c => c.CompletionText)));
        Assert.All(completions, c => Assert.Equal($"ssh://{c.CompletionText} x86_64-linux", c.ToolTip));
    }
}
