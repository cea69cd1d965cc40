namespace NixRemote.Scheduling;

/// <summary>How a schedule decides where it is free to, and what it assumes where it does not know.</summary>
public sealed record ScheduleOptions
{
    /// <summary>How long a build takes that nobody has seen, on a builder of speed 1.</summary>
    public static readonly TimeSpan UnknownDuration = TimeSpan.FromSeconds(30);

    /// <summary>Bytes of the outputs of a build that nobody has seen.</summary>
    public const long UnknownOutputBytes = 1024 * 1024;

    /// <summary>How builders are chosen.</summary>
    public SelectionPolicy Policy { get; init; }

    /// <summary>How many builders may fail a derivation before it is given up.</summary>
    public int MaxAttempts { get; init; } = 3;

    /// <summary>A build of which no duration is known, on a builder of speed 1.</summary>
    public TimeSpan DefaultDuration { get; init; } = UnknownDuration;

    /// <summary>The outputs of a build of which no size is known.</summary>
    public long DefaultOutputBytes { get; init; } = UnknownOutputBytes;

    /// <summary>The way to a builder of which no bandwidth is known.</summary>
    public double DefaultBytesPerSecond { get; init; } = 32 * 1024 * 1024;

    /// <summary>How long a failing builder rests.</summary>
    public RestTimes Rest { get; init; } = new();

    /// <summary>The longest time that lost outputs wait for their builder to come back before they are built again. It is
    /// less where building them again takes less.</summary>
    public TimeSpan OutputsGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long derivations wait while all builders that take them rest, before they are given up; null: for ever.</summary>
    public TimeSpan? GiveUpAfter { get; init; }
}
