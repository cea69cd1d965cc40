using NixRemote.Stores;

namespace NixRemote.Builders;

/// <summary>A machine that builds, as the builders configuration declares it (machines.md §2.3, §5.1).</summary>
/// <remarks>Its properties are texts, numbers and lists of texts, so that ConvertTo-Json, Export-Csv and Select-Object show them as they
/// are; <see cref="ToStoreUri"/> takes the URI apart.</remarks>
public sealed record NixBuilder
{
    private readonly StoreUri _store;

    /// <summary>Makes a builder.</summary>
    /// <param name="store">How its store is reached.</param>
    public NixBuilder(StoreUri store) => _store = store;

    /// <summary>Its name: TOML's, else made from its host; unique in one configuration.</summary>
    public required string Name { get; init; }

    /// <summary>How its store is reached, as it is declared.</summary>
    public string Uri => _store.Text;

    /// <summary>The systems it builds for, in the order declared.</summary>
    public required IReadOnlyList<string> Systems { get; init; }

    /// <summary>True if the declaration names no systems, so that they are the local one. Conversions then leave them open again.</summary>
    public bool SystemsAreDefault { get; init; }

    /// <summary>The identity file for SSH, or null.</summary>
    public string? SshKey { get; init; }

    /// <summary>How many builds at a time; 0 means never.</summary>
    public int MaxJobs { get; init; } = 1;

    /// <summary>Its speed relative to others; over 0 and finite.</summary>
    public double SpeedFactor { get; init; } = 1;

    /// <summary>Features it has.</summary>
    public IReadOnlyList<string> SupportedFeatures { get; init; } = [];

    /// <summary>Features that a derivation must require to be built here; they count as supported too.</summary>
    public IReadOnlyList<string> MandatoryFeatures { get; init; } = [];

    /// <summary>Its pinned host key as a plain public key line (<c>ssh-ed25519 AAAA…</c>), or null.</summary>
    public string? PublicHostKey { get; init; }

    /// <summary>False if it is declared, but switched off.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>The lines above its declaration, since the one before it: each a comment with its <c>#</c>, or empty for a blank line.</summary>
    public IReadOnlyList<string> CommentsAbove => Comments.Above;

    /// <summary>The comment behind its declaration on its line, with its <c>#</c>, or null.</summary>
    public string? CommentBehind => Comments.Behind;

    /// <summary>Where it was declared.</summary>
    public SourceLocation? Source { get; init; }

    /// <summary>The comments above and behind its declaration.</summary>
    internal EntryComments Comments { get; init; } = EntryComments.None;

    /// <summary>How its store is reached: the <see cref="Uri"/>, taken apart.</summary>
    public StoreUri ToStoreUri() => _store;

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
