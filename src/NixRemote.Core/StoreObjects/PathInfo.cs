using System.Globalization;

namespace NixRemote.StoreObjects;

/// <summary>What a store knows of one valid path (nar.md §4, wire.md §3.4 and §4.6).</summary>
public sealed record PathInfo
{
    /// <summary>The path.</summary>
    public required StorePath Path { get; init; }

    /// <summary>SHA-256 of the NAR.</summary>
    public required NixHash NarHash { get; init; }

    /// <summary>Bytes of the NAR; over 0 for every real path.</summary>
    public required long NarSize { get; init; }

    /// <summary>The paths it refers to, ascending; itself among them if it does.</summary>
    public IReadOnlyList<StorePath> References { get; init; } = [];

    /// <summary>The derivation it was built from, if known.</summary>
    public StorePath? Deriver { get; init; }

    /// <summary>When it was registered, in unix seconds; 0 if unknown (the serve protocol does not tell).</summary>
    public long RegistrationTime { get; init; }

    /// <summary>Whether the store built it itself.</summary>
    public bool Ultimate { get; init; }

    /// <summary>Signatures as <c>name:base64</c>, ascending.</summary>
    public IReadOnlyList<string> Signatures { get; init; } = [];

    /// <summary>Its content address text (nar.md §3.3), or null.</summary>
    public string? ContentAddress { get; init; }

    /// <summary>Whether its content address or a signature speaks for it, so that it may be offered to a store that does not take our word
    /// (nar.md §4.3, wire.md §4.9). Whether that store knows the key, and whether either is right, it finds out itself.</summary>
    public bool IsVouchedFor => ContentAddress is not null || Signatures.Count > 0;

    /// <summary>What signatures sign (nar.md §4.2): <c>1;PATH;sha256:NIX32;SIZE;REFERENCES</c>, references as full paths,
    /// ascending, with commas between.</summary>
    /// <exception cref="InvalidOperationException">The size is not known.</exception>
    public string ToFingerprint() => NarSize > 0
        ? string.Create(CultureInfo.InvariantCulture, $"1;{Path};{NarHash};{NarSize};{string.Join(',', References.Order())}")
        : throw new InvalidOperationException($"There is no fingerprint of '{Path}' without the size of its archive.");

    /// <summary>The same with more signatures.</summary>
    public PathInfo WithSignatures(IEnumerable<string> signatures) =>
        this with { Signatures = [.. Signatures.Concat(signatures).Distinct().Order(StringComparer.Ordinal)] };
}
