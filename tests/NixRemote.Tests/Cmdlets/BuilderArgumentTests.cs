using System.Management.Automation;
using NixRemote.Diagnosis;
using NixRemote.Tests.Engine;

namespace NixRemote.Tests.Cmdlets;

/// <summary>What -Builder takes besides objects, and what it says to a text that is no builder.</summary>
public sealed class BuilderArgumentTests : IDisposable
{
    private readonly ModuleRunspace _runspace = new();

    public void Dispose() => _runspace.Dispose();

    [Theory]
    [InlineData("nobody-of-this-name", "BuilderNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("", "BuilderNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("ssh://x - - many", "MachinesEntryInvalid", ErrorCategory.InvalidData)]
    [InlineData("ssh://x:y", "MachinesEntryInvalid", ErrorCategory.InvalidData)]
    public void A_text_that_is_no_builder_is_an_error_with_its_own_id_and_cure(string text, string id, ErrorCategory category)
    {
        _runspace.Set("text", text);

        foreach (var script in (string[])["Test-NixBuilder -Builder $text", "$text | Test-NixBuilder"])
        {
            var error = Assert.Single(_runspace.Run(script).Errors);
            Assert.Equal(($"{id},NixRemote.Commands.TestNixBuilderCommand", category), (error.FullyQualifiedErrorId, error.CategoryInfo.Category));
            Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
        }

        foreach (var cmdlet in (string[])["Invoke-NixRemoteBuild", "Select-NixBuilder"])
        {
            var result = _runspace.Run($"{cmdlet} /nix/store/g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-x.drv -Builder $text");
            var refused = result.TerminatingError ?? Assert.Single(result.Errors);
            Assert.Equal(($"{id},NixRemote.Commands.{cmdlet.Replace("-", "", StringComparison.Ordinal)}Command", category), (refused.FullyQualifiedErrorId, refused.CategoryInfo.Category));
            Assert.NotEmpty(refused.ErrorDetails.RecommendedAction);
        }
    }

    [Fact]
    public void The_other_builders_are_tested_and_Quiet_is_false()
    {
        var result = _runspace.Run("Test-NixBuilder nobody-of-this-name, 'ssh://127.0.0.1:1 x86_64-linux'");

        Assert.Equal("127.0.0.1", Assert.Single(result.OutputOf<NixBuilderTestResult>()).Name);
        Assert.Single(result.Errors);
        Assert.False(Assert.Single(_runspace.Run("Test-NixBuilder nobody-of-this-name -Quiet -ErrorAction Ignore").OutputOf<bool>()));
    }
}
