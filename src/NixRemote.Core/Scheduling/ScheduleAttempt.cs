namespace NixRemote.Scheduling;

/// <summary>One attempt at a derivation that its builder failed.</summary>
/// <param name="Builder">Index of the builder.</param>
/// <param name="Started">When it got the derivation.</param>
/// <param name="Ended">When it failed.</param>
/// <param name="Error">What happened.</param>
public sealed record ScheduleAttempt(int Builder, TimeSpan Started, TimeSpan Ended, NixRemoteException Error);
