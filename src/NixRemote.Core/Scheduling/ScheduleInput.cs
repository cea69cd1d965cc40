namespace NixRemote.Scheduling;

/// <summary>A store path that exists before the run and that derivations need.</summary>
/// <param name="Bytes">Bytes of its archive, with what it refers to and nobody else brings; 0 if not known.</param>
/// <param name="AtCoordinator">Whether the coordinating store has it.</param>
public readonly record struct ScheduleInput(long Bytes, bool AtCoordinator = true)
{
    /// <summary>How long a builder of speed 1 takes to make it, if it does not trust our user and nothing vouches for the path, so that it may not
    /// be sent there; null: it may be sent everywhere.</summary>
    public TimeSpan? RemakeTime { get; init; }
}
