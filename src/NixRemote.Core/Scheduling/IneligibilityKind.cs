namespace NixRemote.Scheduling;

/// <summary>The rules that can keep a builder from taking a derivation (scheduling.md §4).</summary>
public enum IneligibilityKind
{
    /// <summary>It is switched off in the configuration.</summary>
    Disabled,

    /// <summary>The user has left it out by its name.</summary>
    Excluded,

    /// <summary>It does not build for the system.</summary>
    System,

    /// <summary>It lacks required features.</summary>
    MissingFeature,

    /// <summary>It takes only derivations that require features which this one does not.</summary>
    MandatoryFeature,

    /// <summary>Its job count is 0: it never takes anything.</summary>
    NoSlots,

    /// <summary>All its slots are taken now.</summary>
    SlotsBusy,

    /// <summary>It failed, and rests before it is asked again.</summary>
    Resting,

    /// <summary>It cannot be reached, and will not be tried again in this run.</summary>
    Unreachable,
}
