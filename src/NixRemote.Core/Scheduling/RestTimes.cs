namespace NixRemote.Scheduling;

/// <summary>How long a builder rests after failures in a row: the first rest, and each further one a factor longer.</summary>
public sealed record RestTimes
{
    /// <summary>The rest after the first failure.</summary>
    public TimeSpan First { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How much longer each further rest is.</summary>
    public double Factor { get; init; } = 3;

    /// <summary>The longest rest.</summary>
    public TimeSpan Longest { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The rest after that many failures in a row.</summary>
    public TimeSpan After(int failures) => TimeSpan.FromSeconds(Math.Min(Longest.TotalSeconds, First.TotalSeconds * Math.Pow(Factor, failures - 1)));
}
