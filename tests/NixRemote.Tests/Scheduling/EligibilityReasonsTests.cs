using NixRemote.Scheduling;
using static NixRemote.Tests.Scheduling.SchedulingFixture;

namespace NixRemote.Tests.Scheduling;

/// <summary>Reasons are values: what is in their texts can be read from them, and none hides another.</summary>
public sealed class EligibilityReasonsTests
{
    [Fact]
    public void All_reasons_come_with_their_values()
    {
        var circuit = new CircuitBreaker(new RestTimes());
        circuit.Fail(Error("No route to host."), At(12));
        var builder = Builder("a", jobs: 2) with { Enabled = false, Systems = ["aarch64-linux"], MandatoryFeatures = ["benchmark"] };

        var answer = Eligibility.Check(builder, new BuildNeeds(SchedulingFixture.System, ["kvm", "uid-range"]), new BuilderCondition { IsExcluded = true, BusySlots = 2, Circuit = circuit });

        Assert.False(answer.IsEligible);
        Assert.Equal(
        [
            (IneligibilityKind.Disabled, "it is disabled in the configuration"),
            (IneligibilityKind.System, "it builds for aarch64-linux, not for x86_64-linux"),
            (IneligibilityKind.MissingFeature, "it lacks the features kvm, uid-range"),
            (IneligibilityKind.MandatoryFeature, "it takes only derivations that require the feature benchmark"),
            (IneligibilityKind.Excluded, "it is left out by its name"),
            (IneligibilityKind.SlotsBusy, "2 of its 2 slots are busy"),
            (IneligibilityKind.Resting, "it failed once, at 12.0 s last, and rests until 17.0 s: No route to host."),
        ], answer.Reasons.Select(r => (r.Kind, r.Text)));
        Assert.Equal(["kvm", "uid-range"], answer.Reasons[2].Features);
        Assert.Equal(2, answer.Reasons[5].BusySlots);
        Assert.Equal((At(12), At(17), "No route to host."), (answer.Reasons[6].Since, answer.Reasons[6].Until, answer.Reasons[6].Error!.Message));
        Assert.All(answer.Reasons, r => Assert.NotEmpty(r.Cure));
    }

    [Fact]
    public void A_builder_that_is_gone_says_what_happened()
    {
        var reason = Assert.Single(Eligibility.Check(Builder("a"), new BuildNeeds(SchedulingFixture.System, []), new BuilderCondition { Gone = Error("The key is refused.") }).Reasons);
        Assert.Equal((IneligibilityKind.Unreachable, "it cannot be used: The key is refused."), (reason.Kind, reason.Text));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public void A_free_slot_is_enough(int busy, bool eligible) => Assert.Equal(eligible,
        Eligibility.Check(Builder("a", jobs: 2), new BuildNeeds(SchedulingFixture.System, []), new BuilderCondition { BusySlots = busy }).IsEligible);
}
