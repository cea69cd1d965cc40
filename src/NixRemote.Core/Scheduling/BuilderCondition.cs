namespace NixRemote.Scheduling;

/// <summary>What is known of a builder at one moment, beside its declaration.</summary>
public sealed record BuilderCondition
{
    /// <summary>Nothing speaks against it.</summary>
    public static BuilderCondition Good { get; } = new();

    /// <summary>Whether the user has left it out by its name.</summary>
    public bool IsExcluded { get; init; }

    /// <summary>Slots that are taken, by whomever.</summary>
    public int BusySlots { get; init; }

    /// <summary>Its failures, if it has a history of them.</summary>
    public CircuitBreaker? Circuit { get; init; }

    /// <summary>Why it will not be tried again in this run; null if it will.</summary>
    public NixRemoteException? Gone { get; init; }
}
