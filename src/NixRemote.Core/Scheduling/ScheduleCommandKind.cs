namespace NixRemote.Scheduling;

/// <summary>What a schedule asks of whoever drives it.</summary>
public enum ScheduleCommandKind
{
    /// <summary>Start a node on a builder.</summary>
    Start,

    /// <summary>A builder's rest is over: see whether it can be reached.</summary>
    Probe,

    /// <summary>No builder of this run will take a node: give it up.</summary>
    GiveUp,
}
