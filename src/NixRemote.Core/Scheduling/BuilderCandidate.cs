using NixRemote.Builders;

namespace NixRemote.Scheduling;

/// <summary>A builder of which one is to be chosen, with what is known of it at this moment.</summary>
/// <param name="Builder">The builder.</param>
public sealed record BuilderCandidate(NixBuilder Builder)
{
    /// <summary>How it is.</summary>
    public BuilderCondition Condition { get; init; } = BuilderCondition.Good;

    /// <summary>Whether it has the derivation's outputs; null: not known.</summary>
    public bool? HasOutputs { get; init; }

    /// <summary>Bytes that must be moved there for the build; null: not known.</summary>
    public long? BytesToMove { get; init; }

    /// <summary>Inputs that it has to make itself, since it does not trust our user.</summary>
    public int RemadeInputs { get; init; }

    /// <summary>How long that takes on a builder of speed 1.</summary>
    public TimeSpan RemakeTime { get; init; }

    /// <summary>Bytes a second on the way to it; null: not known.</summary>
    public double? BytesPerSecond { get; init; }
}
