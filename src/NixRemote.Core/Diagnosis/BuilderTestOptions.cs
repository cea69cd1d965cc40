namespace NixRemote.Diagnosis;

/// <summary>What a test of a builder is asked for.</summary>
public sealed record BuilderTestOptions
{
    /// <summary>Build a tiny derivation for each claimed system and feature.</summary>
    public bool Build { get; init; }

    /// <summary>How long each of these may take.</summary>
    public TimeSpan BuildTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long each other answer of a builder that let us in may take.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Why Nix itself would not use the builder, though its configuration names it; null if it would.</summary>
    public string? WhyIgnoredByNix { get; init; }
}
