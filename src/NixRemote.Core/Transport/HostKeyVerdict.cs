namespace NixRemote.Transport;

/// <summary>The answer about one key, and the line that decided it.</summary>
/// <param name="Status">What is known.</param>
/// <param name="Entry">The line that has the key, or the other key of a changed host; null if nothing is known.</param>
public readonly record struct HostKeyVerdict(HostKeyStatus Status, KnownHostsEntry? Entry);
