namespace NixRemote.Diagnosis;

/// <summary>How a check of a builder ended.</summary>
public enum BuilderCheckResult
{
    /// <summary>All is well.</summary>
    Passed,

    /// <summary>Builds go there, but something is or will be in their way.</summary>
    Warning,

    /// <summary>Nothing can be built there, or not what is claimed.</summary>
    Failed,

    /// <summary>It was not made: something before it failed, it does not apply, or nobody asked for it.</summary>
    Skipped,
}
