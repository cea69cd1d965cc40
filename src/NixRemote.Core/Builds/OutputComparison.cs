namespace NixRemote.Builds;

/// <summary>One output of a derivation that was built twice.</summary>
public sealed record OutputComparison
{
    /// <summary>The output's name: <c>out</c>.</summary>
    public required string OutputName { get; init; }

    /// <summary>Its path, which is the same for both: <c>/nix/store/…</c>.</summary>
    public required string Path { get; init; }

    /// <summary>The store that has the one: the builder that built it, or whoever had it before.</summary>
    public required string First { get; init; }

    /// <summary>The hash of its archive there: <c>sha256:</c> and its digits in nix-base32.</summary>
    public required string FirstHash { get; init; }

    /// <summary>The builder that built the other.</summary>
    public required string Second { get; init; }

    /// <summary>The hash of its archive there; null where the builder had it before and only tells that its second build differs.</summary>
    public string? SecondHash { get; init; }

    /// <summary>Whether both are the same.</summary>
    public bool IsEqual => SecondHash == FirstHash;

    /// <summary>Where the one was unpacked on this machine since they differ; null if they do not.</summary>
    public string? FirstCopy { get; init; }

    /// <summary>Where the other was unpacked; null if they do not differ, or the builder does not give it.</summary>
    public string? SecondCopy { get; init; }
}
