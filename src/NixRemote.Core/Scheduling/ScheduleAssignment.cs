namespace NixRemote.Scheduling;

/// <summary>A command of the schedule: start this node on this builder.</summary>
/// <param name="Node">Index of the node.</param>
/// <param name="Builder">Index of the builder.</param>
public readonly record struct ScheduleAssignment(int Node, int Builder);
