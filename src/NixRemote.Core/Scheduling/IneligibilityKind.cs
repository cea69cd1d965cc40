namespace NixRemote.Scheduling;

/// <summary>The rules that can keep a builder from taking a derivation (scheduling.md §4).</summary>
public enum IneligibilityKind
{
    /// <summary>It is switched off in the configuration.</summary>
    Disabled,

    /// <summary>It does not build for the system.</summary>
    System,

    /// <summary>It lacks a required feature.</summary>
    MissingFeature,

    /// <summary>It takes only derivations that require a feature which this one does not.</summary>
    MandatoryFeature,

    /// <summary>It has no job slots at all.</summary>
    NoSlots,

    /// <summary>It cannot be reached, or failed too often in this run.</summary>
    Unreachable,
}
