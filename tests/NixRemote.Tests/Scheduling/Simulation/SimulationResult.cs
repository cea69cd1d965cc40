namespace NixRemote.Tests.Scheduling.Simulation;

/// <summary>What a simulated run came to.</summary>
internal sealed record SimulationResult
{
    /// <summary>Seconds of simulated time.</summary>
    public required double Makespan { get; init; }

    /// <summary>Makespan ÷ the lower bound.</summary>
    public required double Ratio { get; init; }

    /// <summary>Builds that were started.</summary>
    public required int Decisions { get; init; }

    /// <summary>Builds that ended well.</summary>
    public required int Builds { get; init; }

    /// <summary>Builds of derivations that had been built before, since their outputs were lost.</summary>
    public required int Rebuilds { get; init; }

    /// <summary>Builds that were lost with their builder.</summary>
    public required int Lost { get; init; }

    /// <summary>Bytes moved to builders and, where outputs come home, from them.</summary>
    public required long BytesMoved { get; init; }

    /// <summary>Slot seconds without a build, of all builders until the end.</summary>
    public required double IdleSlotSeconds { get; init; }

    /// <summary>Slot seconds in all.</summary>
    public required double SlotSeconds { get; init; }

    /// <summary>Real time that the schedule took for all events and commands.</summary>
    public required TimeSpan DecisionTime { get; init; }

    /// <summary>Real time of its construction.</summary>
    public required TimeSpan ConstructionTime { get; init; }
}
