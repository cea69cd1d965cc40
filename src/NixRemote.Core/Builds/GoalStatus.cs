namespace NixRemote.Builds;

/// <summary>How a goal ended.</summary>
public enum GoalStatus
{
    /// <summary>Its derivation was built in this run.</summary>
    Built,

    /// <summary>The destination had all its outputs before.</summary>
    AlreadyValid,

    /// <summary>Another store had its outputs; they were copied to the destination.</summary>
    Copied,

    /// <summary>Its derivation was tried and failed, or no builder takes it.</summary>
    Failed,

    /// <summary>Something that it needs failed.</summary>
    DependencyFailed,

    /// <summary>A time or silence limit ended its build.</summary>
    TimedOut,

    /// <summary>The run ended before it was its turn: another derivation had failed.</summary>
    NotBuilt,

    /// <summary>Its derivation was built again, and the outputs are the same.</summary>
    Reproduced,

    /// <summary>Its derivation was built again, and the outputs differ.</summary>
    Differs,
}
