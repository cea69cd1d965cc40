namespace NixRemote.Scheduling;

/// <summary>Whether a builder gets work after failures.</summary>
public enum CircuitState
{
    /// <summary>It gets work.</summary>
    Closed,

    /// <summary>It rests.</summary>
    Open,

    /// <summary>Its rest is over, and it is asked whether it is well; until it answers it gets no work.</summary>
    HalfOpen,
}
