namespace NixRemote.Scheduling;

/// <summary>A derivation to be built, as the schedule sees it.</summary>
/// <param name="System">Its platform.</param>
/// <param name="RequiredFeatures">Its requiredSystemFeatures.</param>
/// <param name="Dependencies">Indices of the nodes that must be built before it.</param>
public sealed record ScheduleNode(string System, IReadOnlyList<string> RequiredFeatures, IReadOnlyList<int> Dependencies);
