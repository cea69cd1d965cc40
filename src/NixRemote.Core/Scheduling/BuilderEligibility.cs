using NixRemote.Builders;

namespace NixRemote.Scheduling;

/// <summary>Whether a builder takes a derivation now, and every reason why not.</summary>
/// <param name="Builder">The builder.</param>
/// <param name="Reasons">All reasons against, none hidden by another; none means that it is eligible.</param>
public sealed record BuilderEligibility(NixBuilder Builder, IReadOnlyList<Ineligibility> Reasons)
{
    /// <summary>Whether it may take the derivation now.</summary>
    public bool IsEligible => Reasons.Count == 0;

    /// <summary>Whether it may take the derivation by its declaration, if perhaps not at this moment.</summary>
    public bool IsRightType => Reasons.All(r => r.Kind is IneligibilityKind.SlotsBusy or IneligibilityKind.Resting or IneligibilityKind.Unreachable
        or IneligibilityKind.NoSlots);

    /// <summary>The reasons in one line; empty if there is none.</summary>
    public string Text => string.Join("; ", Reasons.Select(r => r.Text));
}
