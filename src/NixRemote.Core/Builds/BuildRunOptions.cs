using NixRemote.Builders;
using NixRemote.Scheduling;
using NixRemote.Stores;

namespace NixRemote.Builds;

/// <summary>How a run goes about its goals.</summary>
public sealed record BuildRunOptions
{
    /// <summary>Build what can be built although something has failed.</summary>
    public bool KeepGoing { get; init; }

    /// <summary>Let builders fetch missing inputs from their substituters first.</summary>
    public bool UseSubstitutes { get; init; }

    /// <summary>How builders are chosen.</summary>
    public SelectionPolicy Policy { get; init; }

    /// <summary>Which outputs come to the destination.</summary>
    public CopyOutputs CopyOutputs { get; init; }

    /// <summary>Limits of each build.</summary>
    public BuildOptions Build { get; init; } = new();

    /// <summary>How many builders may fail a derivation before it is given up.</summary>
    public int MaxAttempts { get; init; } = 3;

    /// <summary>How long a run that could begin waits for builders that are still connecting, so that what they hold is not built again.</summary>
    public TimeSpan ConnectGrace { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Lines of a failed build's log that its error shows (Nix's log-lines).</summary>
    public int ErrorLogLines { get; init; } = 25;

    /// <summary>How long a builder that fails rests before it is asked again.</summary>
    public RestTimes Rest { get; init; } = new();

    /// <summary>How long derivations wait while all builders that take them rest, before they are given up; null: for ever.</summary>
    public TimeSpan? GiveUpAfter { get; init; }

    /// <summary>The lock files by which all who build on this machine share the builders' slots; null: job counts hold for this run alone.</summary>
    public SlotDirectory? Slots { get; init; }

    /// <summary>Builds of the past, and where this run's are added; null: none. The caller disposes it.</summary>
    public IBuildHistory? History { get; init; }

    /// <summary>Builders that the user has left out by their names, so that a derivation which only they would take can be explained.</summary>
    public IReadOnlyList<NixBuilder> Excluded { get; init; } = [];

    /// <summary>How often a builder is asked how busy it is, where <see cref="BuilderStore.ReadLoad"/> says how.</summary>
    public TimeSpan LoadPause { get; init; } = TimeSpan.FromSeconds(15);
}
