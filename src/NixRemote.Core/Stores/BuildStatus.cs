namespace NixRemote.Stores;

/// <summary>The status of a build; values are the wire's (wire.md §5.1).</summary>
public enum BuildStatus
{
    /// <summary>Built now.</summary>
    Built = 0,

    /// <summary>Fetched from a substituter.</summary>
    Substituted = 1,

    /// <summary>Was there already.</summary>
    AlreadyValid = 2,

    /// <summary>The build program failed: final.</summary>
    PermanentFailure = 3,

    /// <summary>The builder refuses the derivation: wrong platform, features or inputs.</summary>
    InputRejected = 4,

    /// <summary>An output is not allowed, for example of another hash.</summary>
    OutputRejected = 5,

    /// <summary>May work another time.</summary>
    TransientFailure = 6,

    /// <summary>Not used any more.</summary>
    CachedFailure = 7,

    /// <summary>A time or silence limit passed.</summary>
    TimedOut = 8,

    /// <summary>Anything else, often the machine's own trouble.</summary>
    MiscFailure = 9,

    /// <summary>Something it needs failed.</summary>
    DependencyFailed = 10,

    /// <summary>Too much log.</summary>
    LogLimitExceeded = 11,

    /// <summary>A second build gave other bytes.</summary>
    NotDeterministic = 12,

    /// <summary>Resolves to something that is there already.</summary>
    ResolvesToAlreadyValid = 13,

    /// <summary>No substituter has it.</summary>
    NoSubstituters = 14,
}
