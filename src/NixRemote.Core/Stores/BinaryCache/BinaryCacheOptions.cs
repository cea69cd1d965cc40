using NixRemote.StoreObjects;

namespace NixRemote.Stores.BinaryCache;

/// <summary>How a binary cache is read and written.</summary>
public sealed record BinaryCacheOptions
{
    /// <summary>What reads and writes compressed archives.</summary>
    public IArchiveCompression Compressions { get; init; } = FrameworkCompression.Instance;

    /// <summary>The compression to write; null: zstd where it can be written, else none.</summary>
    public string? Compression { get; init; }

    /// <summary>How hard to compress; null: as usual.</summary>
    public int? CompressionLevel { get; init; }

    /// <summary>What signs each path that is added; null: none.</summary>
    public PathSigner? Signer { get; init; }

    /// <summary>Whether its paths need no signature where others must have one.</summary>
    public bool IsTrusted { get; init; }
}
