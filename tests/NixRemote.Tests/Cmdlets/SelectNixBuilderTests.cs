using System.Management.Automation;
using NixRemote.Builders;
using NixRemote.Scheduling;
using NixRemote.Stores;
using NixRemote.Tests.Builders;
using NixRemote.Tests.Engine;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Cmdlets;

/// <summary>Select-NixBuilder in a real engine.</summary>
[Collection(ClientEnvironmentCollection.Name)]
public sealed class SelectNixBuilderTests : IDisposable
{
    private const string Two = "-Builder 'ssh://a x86_64-linux - 2 1 kvm', 'ssh://b x86_64-linux,aarch64-linux - 1 4'";

    private readonly ModuleRunspace _runspace = new();

    public void Dispose() => _runspace.Dispose();

    [Theory]
    [InlineData("-System x86_64-linux", "b")]
    [InlineData("-System x86_64-linux -RequiredFeature kvm", "a")]
    [InlineData("-System aarch64-linux", "b")]
    [InlineData("-System builtin", "b")]
    [InlineData("-System x86_64-linux -Name a*", "a")]
    [InlineData("-System x86_64-linux -ExcludeName B", "a")]
    [InlineData("-System x86_64-linux -Policy Nix", "b")]
    [InlineData("-System x86_64-linux -Policy NixLegacy", "b")]
    public void The_builder_that_is_chosen(string parameters, string expected) =>
        Assert.Equal(expected, Assert.Single(_runspace.Run($"Select-NixBuilder {parameters} {Two}").Succeeded().OutputOf<NixBuilder>()).Name);

    [Fact]
    public void Explain_gives_every_builder_with_rank_score_and_reason()
    {
        var choices = _runspace.Run($"Select-NixBuilder -System x86_64-linux -RequiredFeature kvm -Explain {Two}, 'ssh://c aarch64-linux'")
            .Succeeded().OutputOf<BuilderChoice>().ToList();

        Assert.Equal([("a", 1, true), ("b", null, false), ("c", (int?)null, false)], choices.Select(c => (c.Name, c.Rank, c.Eligible)));
        Assert.Equal(30, choices[0].Score);
        Assert.Equal("would be done in 30 s: (load 0 + 1) ÷ speed 1 makes the build 30 s", choices[0].Reason);
        Assert.Equal("it lacks the feature kvm", choices[1].Reason);
        Assert.Equal("it builds for aarch64-linux, not for x86_64-linux; it lacks the feature kvm", choices[2].Reason);
        Assert.Equal("add kvm to its supported features, if it has it", choices[1].Cure);
    }

    [Fact]
    public void Who_is_left_out_is_explained_too() => Assert.Equal(
        ["a 1", "b  it is left out by its name"],
        _runspace.Run($"Select-NixBuilder -System x86_64-linux -Name a -Explain {Two} | ForEach-Object {{ \"$($_.Name) $($_.Rank)$(if (-not $_.Eligible) {{ ' ' + $_.Reason }})\" }}")
            .Succeeded().OutputOf<string>());

    [Fact]
    public void When_nobody_takes_it_the_error_says_why_and_what_to_change()
    {
        var error = Assert.Single(_runspace.Run($"Select-NixBuilder -System aarch64-linux -RequiredFeature kvm {Two}").Errors);

        Assert.Equal(("NoEligibleBuilder,NixRemote.Commands.SelectNixBuilderCommand", ErrorCategory.ResourceUnavailable, "aarch64-linux with kvm"),
            (error.FullyQualifiedErrorId, error.CategoryInfo.Category, (string)error.TargetObject));
        Assert.Contains("a: it builds for x86_64-linux, not for aarch64-linux", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("b: it lacks the feature kvm", error.ToString(), StringComparison.Ordinal);
        Assert.Equal("The least change: for a, add aarch64-linux to its systems, if it can build for it.", error.ErrorDetails.RecommendedAction);
    }

    [Fact]
    public void Slots_that_a_build_of_this_machine_holds_are_taken()
    {
        using var folder = new TemporaryFolder();
        var slots = SlotDirectory.Open(folder.Path);
        var before = Environment.GetEnvironmentVariable("NIX_CURRENT_LOAD");
        Environment.SetEnvironmentVariable("NIX_CURRENT_LOAD", folder.Path);
        try
        {
            using var one = slots.TryTakeSlot(StoreUri.Parse("ssh://b"), 1, out _);
            using var two = slots.TryTakeSlot(StoreUri.Parse("ssh://a"), 2, out _);

            var choices = _runspace.Run($"Select-NixBuilder -System x86_64-linux -Explain {Two}").Succeeded().OutputOf<BuilderChoice>().ToList();

            Assert.Equal([("a", 1, 1), ("b", (int?)null, 1)], choices.Select(c => (c.Name, c.Rank, c.Load)));
            Assert.Equal("its only slot is busy", choices[1].Reason);
        }
        finally
        {
            Environment.SetEnvironmentVariable("NIX_CURRENT_LOAD", before);
        }
    }

    [Fact]
    public void A_name_that_no_builder_has_is_an_error()
    {
        var result = _runspace.Run($"Select-NixBuilder -System x86_64-linux -ExcludeName nobody, x* {Two}");

        Assert.Equal("b", Assert.Single(result.OutputOf<NixBuilder>()).Name);
        Assert.Equal("BuilderNotFound,NixRemote.Commands.SelectNixBuilderCommand", Assert.Single(result.Errors).FullyQualifiedErrorId);
    }

    [Theory]
    [InlineData("Select-NixBuilder -System aarch64-d", "aarch64-darwin")]
    [InlineData("Select-NixBuilder -System x86_64-linux -RequiredFeature big", "big-parallel")]
    [InlineData("Select-NixBuilder -System x86_64-linux -Policy NixL", "NixLegacy")]
    public void Parameters_are_completed(string typed, string offered)
    {
        _runspace.Set("typed", typed);
        var result = _runspace.Run("[System.Management.Automation.CommandCompletion]::CompleteInput($typed, $typed.Length, $null).CompletionMatches").Succeeded();

        Assert.Equal(offered, Assert.Single(result.OutputOf<CompletionResult>()).CompletionText);
    }
}
