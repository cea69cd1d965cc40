using NixRemote.Stores;

namespace NixRemote.Builds;

/// <summary>How a run goes about its goals.</summary>
public sealed record BuildRunOptions
{
    /// <summary>Build what can be built although something has failed.</summary>
    public bool KeepGoing { get; init; }

    /// <summary>Let builders fetch missing inputs from their substituters first.</summary>
    public bool UseSubstitutes { get; init; }

    /// <summary>Limits of each build.</summary>
    public BuildOptions Build { get; init; } = new();

    /// <summary>How many builders may fail a derivation before it is given up.</summary>
    public int MaxAttempts { get; init; } = 3;

    /// <summary>How long a run that could begin waits for builders that are still connecting, so that what they hold is not built again.</summary>
    public TimeSpan ConnectGrace { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Lines of a failed build's log that its error shows (Nix's log-lines).</summary>
    public int ErrorLogLines { get; init; } = 25;
}
