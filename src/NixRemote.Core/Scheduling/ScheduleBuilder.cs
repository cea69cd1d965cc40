using NixRemote.Builders;

namespace NixRemote.Scheduling;

/// <summary>A builder of a run, as the schedule sees it.</summary>
/// <param name="Builder">Its declaration.</param>
public sealed record ScheduleBuilder(NixBuilder Builder)
{
    /// <summary>Whether it is this machine: what the coordinating store has needs no moving to it.</summary>
    public bool IsLocal { get; init; }

    /// <summary>Whether the user has left it out by its name.</summary>
    public bool IsExcluded { get; init; }

    /// <summary>Bytes a second that were measured on the way to it; null: not known.</summary>
    public double? BytesPerSecond { get; init; }
}
