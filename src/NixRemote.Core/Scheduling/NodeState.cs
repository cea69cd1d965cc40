namespace NixRemote.Scheduling;

/// <summary>Where a node of the schedule stands.</summary>
public enum NodeState
{
    /// <summary>Something that it needs is not built yet.</summary>
    Waiting,

    /// <summary>It can be started.</summary>
    Ready,

    /// <summary>A builder has it.</summary>
    Running,

    /// <summary>Its outputs exist.</summary>
    Done,

    /// <summary>It was tried and cannot be built.</summary>
    Failed,

    /// <summary>Something that it needs failed.</summary>
    DependencyFailed,

    /// <summary>What needed it was found without it being built.</summary>
    NotNeeded,
}
