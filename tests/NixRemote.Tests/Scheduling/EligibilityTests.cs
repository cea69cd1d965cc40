using NixRemote.Builders;
using NixRemote.Scheduling;
using NixRemote.Stores;

namespace NixRemote.Tests.Scheduling;

/// <summary>scheduling.md §4: enabled, the system (or builtin), required ⊆ supported ∪ mandatory, mandatory ⊆ required.</summary>
public sealed class EligibilityTests
{
    [Theory]
    [InlineData("x86_64-linux", "", "", "x86_64-linux", "", "")]
    [InlineData("x86_64-linux", "", "", "aarch64-linux", "", "System")]
    [InlineData("riscv64-linux", "", "", "builtin", "", "")] // row 11
    [InlineData("x86_64-linux", "", "", "x86_64-linux", "kvm", "MissingFeature")] // row 9
    [InlineData("x86_64-linux", "kvm", "", "x86_64-linux", "kvm", "")]
    [InlineData("x86_64-linux", "", "big", "x86_64-linux", "", "MandatoryFeature")] // row 10
    [InlineData("x86_64-linux", "", "big", "x86_64-linux", "big", "")]
    [InlineData("x86_64-linux", "", "big", "x86_64-linux", "big,kvm", "MissingFeature")]
    [InlineData("x86_64-linux", "kvm", "big", "x86_64-linux", "big,kvm", "")]
    [InlineData("x86_64-linux", "", "big", "aarch64-linux", "kvm", "System,MissingFeature,MandatoryFeature")]
    public void A_builder_takes_what_its_declaration_allows(
        string systems, string supported, string mandatory, string system, string required, string reasons)
    {
        var builder = SchedulingFixture.Builder("a") with { Systems = Split(systems), SupportedFeatures = Split(supported), MandatoryFeatures = Split(mandatory) };

        Assert.Equal(reasons, string.Join(',', Eligibility.Check(builder, new(system, Split(required))).Reasons.Select(r => r.Kind)));
    }

    [Fact]
    public void A_disabled_builder_and_one_without_jobs_say_so()
    {
        var builder = SchedulingFixture.Builder("a", jobs: 0) with { Enabled = false };

        Assert.Equal(
            [IneligibilityKind.Disabled, IneligibilityKind.NoSlots],
            Eligibility.Check(builder, new("x86_64-linux", [])).Reasons.Select(r => r.Kind));
    }

    private static string[] Split(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries);
}
