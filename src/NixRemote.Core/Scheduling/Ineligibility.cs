namespace NixRemote.Scheduling;

/// <summary>One reason why a builder does not take a derivation.</summary>
/// <param name="Kind">The rule that fails.</param>
/// <param name="Text">The reason in words, with the values: <c>it lacks the feature kvm</c>.</param>
/// <param name="Cure">The change that would remove it: <c>add kvm to its supported features</c>.</param>
public sealed record Ineligibility(IneligibilityKind Kind, string Text, string Cure)
{
    /// <summary>The features that it lacks, or that the derivation does not require; empty for other kinds.</summary>
    public IReadOnlyList<string> Features { get; init; } = [];

    /// <summary>Slots that are taken; null for other kinds.</summary>
    public int? BusySlots { get; init; }

    /// <summary>Since when it rests, on the clock that the caller uses; null for other kinds.</summary>
    public TimeSpan? Since { get; init; }

    /// <summary>Until when it rests; null for other kinds.</summary>
    public TimeSpan? Until { get; init; }

    /// <summary>Its last failure; null where there was none.</summary>
    public NixFailure? Error { get; init; }

    /// <summary>The reason in words.</summary>
    public override string ToString() => Text;
}
