namespace NixRemote.Scheduling;

/// <summary>A derivation to be built, as the schedule sees it.</summary>
/// <param name="System">Its platform.</param>
/// <param name="RequiredFeatures">Its requiredSystemFeatures.</param>
/// <param name="Dependencies">Indices of the nodes that must be built before it.</param>
public sealed record ScheduleNode(string System, IReadOnlyList<string> RequiredFeatures, IReadOnlyList<int> Dependencies)
{
    /// <summary>How long its build takes on a builder of speed 1; null: not known.</summary>
    public TimeSpan? ExpectedDuration { get; init; }

    /// <summary>Bytes of its outputs' archives; null: not known.</summary>
    public long? ExpectedOutputBytes { get; init; }

    /// <summary>What it needs that exists already: indices into the schedule's inputs.</summary>
    public IReadOnlyList<int> Inputs { get; init; } = [];

    /// <summary>Whether it is so cheap that this machine should build it.</summary>
    public bool PreferLocalBuild { get; init; }

    /// <summary>Whether its outputs' content vouches for them, so that builders take them which do not trust our user.</summary>
    public bool IsContentAddressed { get; init; }

    /// <summary>Whether its outputs are wanted for themselves: then they are needed until <see cref="GraphSchedule.Delivered"/>.</summary>
    public bool IsGoal { get; init; }
}
