namespace NixRemote.Commands;

/// <summary>What Get-NixPathInfo tells of a path.</summary>
public sealed record NixPathInfo
{
    /// <summary>The path.</summary>
    public required string Path { get; init; }

    /// <summary>The stores that have it, in the order of -Store; the rest is from the first.</summary>
    public required IReadOnlyList<string> Stores { get; init; }

    /// <summary>The stores that were asked and do not have it.</summary>
    public required IReadOnlyList<string> MissingFrom { get; init; }

    /// <summary>SHA-256 of its archive, <c>sha256:NIX32</c>.</summary>
    public required string NarHash { get; init; }

    /// <summary>Bytes of its archive.</summary>
    public required long NarSize { get; init; }

    /// <summary>Bytes of the archives of its closure; null unless asked for.</summary>
    public long? ClosureSize { get; init; }

    /// <summary>The paths it refers to, ascending.</summary>
    public required IReadOnlyList<string> References { get; init; }

    /// <summary>The derivation it was built from; null if not known.</summary>
    public string? Deriver { get; init; }

    /// <summary>Its signatures, <c>NAME:BASE64</c>, ascending.</summary>
    public required IReadOnlyList<string> Signatures { get; init; }

    /// <summary>Whether a key of trusted-public-keys has signed it, or its path follows from its content.</summary>
    public required bool IsTrusted { get; init; }

    /// <summary>How its path follows from its content; null if it does not.</summary>
    public string? ContentAddress { get; init; }

    /// <summary>When it was registered, as far as the store tells.</summary>
    public DateTimeOffset? RegistrationTime { get; init; }

    /// <summary>Whether the store has built it itself.</summary>
    public required bool Ultimate { get; init; }
}
