namespace NixRemote.Scheduling;

/// <summary>One reason why a builder does not take a derivation.</summary>
/// <param name="Kind">The rule that fails.</param>
/// <param name="Text">The reason in words, with the values: <c>it lacks the feature kvm</c>.</param>
public sealed record Ineligibility(IneligibilityKind Kind, string Text);
