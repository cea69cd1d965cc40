namespace NixRemote.Builds;

/// <summary>How derivations are built again.</summary>
public sealed record RebuildOptions
{
    /// <summary>How what they need is built where it is not there, and the limits of each build.</summary>
    public BuildRunOptions Build { get; init; } = new();

    /// <summary>Build on two builders and compare these, instead of on one and compare it with what is there.</summary>
    public bool CompareBuilders { get; init; }

    /// <summary>The folder on this machine that outputs which differ are unpacked in, each store in a folder of its own. It is made when it is needed.</summary>
    public required string CopiesFolder { get; init; }
}
