namespace NixRemote.Diagnosis;

/// <summary>Whether a builder can be used.</summary>
public enum BuilderTestStatus
{
    /// <summary>Every step worked.</summary>
    Passed,

    /// <summary>It works, but something will be in the way of builds.</summary>
    Warning,

    /// <summary>A step failed.</summary>
    Failed,
}
