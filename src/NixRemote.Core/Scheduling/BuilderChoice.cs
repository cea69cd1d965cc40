using NixRemote.Builders;

namespace NixRemote.Scheduling;

/// <summary>A builder's place among those that could take a derivation, and why.</summary>
public sealed record BuilderChoice
{
    /// <summary>The builder.</summary>
    public required NixBuilder Builder { get; init; }

    /// <summary>Its name.</summary>
    public string Name => Builder.Name;

    /// <summary>What the derivation asks for.</summary>
    public required BuildNeeds Needs { get; init; }

    /// <summary>The derivation that is to be placed; null where only a system and features were given.</summary>
    public string? DerivationPath { get; init; }

    /// <summary>1 for the one that is chosen; null for one that does not take the derivation.</summary>
    public required int? Rank { get; init; }

    /// <summary>Whether it takes the derivation now.</summary>
    public bool Eligible => Reasons.Count == 0;

    /// <summary>How the builders were compared.</summary>
    public required SelectionPolicy Policy { get; init; }

    /// <summary>What was compared; the least is chosen. Balanced: seconds until the build would end. Nix, NixLegacy: load ÷ speed. Null for one
    /// that does not take the derivation.</summary>
    public required double? Score { get; init; }

    /// <summary>Busy slots, a part of the score.</summary>
    public required int Load { get; init; }

    /// <summary>Its slots.</summary>
    public int Slots => Builder.MaxJobs;

    /// <summary>Its speed, a part of the score.</summary>
    public double SpeedFactor => Builder.SpeedFactor;

    /// <summary>How long the build would take there beside the others, a part of Balanced's score; null for other policies.</summary>
    public TimeSpan? BuildTime { get; init; }

    /// <summary>Whether it has the outputs, so that nothing is to be built; null: not known.</summary>
    public bool? HasOutputs { get; init; }

    /// <summary>Bytes that it lacks; null: not known.</summary>
    public long? BytesToMove { get; init; }

    /// <summary>Inputs that it lacks and has to build or fetch itself, since it said that it does not trust this user and nothing vouches for them;
    /// 0 where that is not known.</summary>
    public int RemadeInputs { get; init; }

    /// <summary>How long bringing them takes, or making them there, a part of Balanced's score; null: not known.</summary>
    public TimeSpan? MoveTime { get; init; }

    /// <summary>Every reason against it; empty if it takes the derivation.</summary>
    public required IReadOnlyList<Ineligibility> Reasons { get; init; }

    /// <summary>In words: why it is where it is.</summary>
    public required string Reason { get; init; }

    /// <summary>What would make it take the derivation; empty if it does.</summary>
    public string Cure => string.Join("; ", Reasons.Select(r => r.Cure));
}
