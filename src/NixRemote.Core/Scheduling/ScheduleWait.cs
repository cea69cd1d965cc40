namespace NixRemote.Scheduling;

/// <summary>Derivations that could be built and cannot go on, since no builder that takes them can be reached now.</summary>
/// <param name="Needs">What they ask of a builder.</param>
/// <param name="Nodes">How many they are.</param>
/// <param name="First">The most urgent of them.</param>
/// <param name="Until">When the next of their builders is asked again, or null while one is being asked.</param>
/// <param name="Reason">All in words, for people.</param>
public sealed record ScheduleWait(BuildNeeds Needs, int Nodes, int First, TimeSpan? Until, string Reason);
