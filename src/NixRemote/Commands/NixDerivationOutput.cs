using NixRemote.StoreObjects;

namespace NixRemote.Commands;

/// <summary>An output of a derivation as Get-NixDerivation shows it.</summary>
public sealed record NixDerivationOutput
{
    /// <summary>Its name: <c>out</c>, <c>dev</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Its store path; null where it is not known before the build.</summary>
    public required string? Path { get; init; }

    /// <summary>How its path comes about.</summary>
    public required DerivationOutputKind Kind { get; init; }

    /// <summary>For example <c>r:sha256</c>; empty for input-addressed outputs.</summary>
    public required string HashAlgorithm { get; init; }

    /// <summary>The digest in base 16, <c>impure</c>, or empty.</summary>
    public required string Hash { get; init; }

    /// <summary>Shows an output.</summary>
    internal static NixDerivationOutput From(DerivationOutput output) => new()
    {
        Name = output.Name,
        Path = output.Path?.ToString(),
        Kind = output.Kind,
        HashAlgorithm = output.HashAlgorithm,
        Hash = output.Hash,
    };
}
