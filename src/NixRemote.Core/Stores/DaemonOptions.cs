namespace NixRemote.Stores;

/// <summary>What SetOptions tells a daemon of this machine for one connection (wire.md §4.7): to build here what it is asked for, one derivation at
/// a time, and never to pass it on to builders, which the caller chooses.</summary>
/// <remarks>All of it holds for users who are not trusted too. To the daemons of other machines nothing is told: cores and the rest are their own.</remarks>
public sealed record DaemonOptions
{
    /// <summary>What the builds are told to use of the processors; 0: all.</summary>
    public int Cores { get; init; }

    /// <summary>Whether paths may come from substituters.</summary>
    public bool UseSubstitutes { get; init; } = true;

    /// <summary>Whether the directory of a failed build is kept.</summary>
    public bool KeepFailed { get; init; }
}
