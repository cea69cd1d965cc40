namespace NixRemote.Scheduling;

/// <summary>A command of the schedule.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="Node">The node; -1 for <see cref="ScheduleCommandKind.Probe"/>.</param>
/// <param name="Builder">The builder; -1 for <see cref="ScheduleCommandKind.GiveUp"/>.</param>
/// <param name="Bytes">Bytes that must be moved to the builder for a <see cref="ScheduleCommandKind.Start"/>: what it neither has nor is being sent.</param>
/// <param name="Remade">How many of the paths that it needs, directly or not, the builder lacks and must build or fetch itself, since it does not trust our user.</param>
public readonly record struct ScheduleCommand(ScheduleCommandKind Kind, int Node, int Builder, long Bytes = 0, int Remade = 0);
