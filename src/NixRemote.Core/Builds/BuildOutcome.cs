namespace NixRemote.Builds;

/// <summary>How a builder's work on one derivation ended; the values are those of the history.</summary>
public enum BuildOutcome
{
    /// <summary>It was built.</summary>
    Built = 0,

    /// <summary>The build failed.</summary>
    Failed = 1,

    /// <summary>The builder failed; another one got the derivation, or nobody.</summary>
    BuilderFailed = 2,
}
