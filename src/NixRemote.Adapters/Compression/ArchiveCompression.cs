using NixRemote.Stores.BinaryCache;
using SharpCompress.Compressors;
using SharpCompress.Compressors.BZip2;
using SharpCompress.Compressors.Xz;
using SharpCompress.Compressors.ZStandard;

namespace NixRemote.Adapters.Compression;

/// <summary>The framework's compressions, and through SharpCompress: zstd and xz both ways, bzip2 for reading.</summary>
internal sealed class ArchiveCompression : IArchiveCompression
{
    private const string Zstd = "zstd";
    private const string Xz = "xz";
    private const string Bzip2 = "bzip2";
    private const int UsualXzLevel = 6;
    private const int MaxXzLevel = 9;

    private readonly FrameworkCompression _framework = FrameworkCompression.Instance;

    /// <inheritdoc/>
    public IReadOnlyList<string> Readable => [.. _framework.Readable.Concat([Zstd, Xz, Bzip2]).Order(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public IReadOnlyList<string> Writable => [.. _framework.Writable.Concat([Zstd, Xz]).Order(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public Stream OpenRead(string compression, Stream compressed) => compression switch
    {
        Zstd => new DecompressedStream(compressed, source => new DecompressionStream(source, 0, checkEndOfStream: true, leaveOpen: true)),
        Xz => new DecompressedStream(compressed, source => new XZStream(source)),
        Bzip2 => new DecompressedStream(compressed, source =>
            BZip2Stream.Create(source, CompressionMode.Decompress, decompressConcatenated: true, leaveOpen: true, tolerateTruncatedStream: false)),
        _ => _framework.OpenRead(compression, compressed),
    };

    /// <inheritdoc/>
    public Stream OpenWrite(string compression, Stream destination, int? level) => compression switch
    {
        Zstd => new CompressionStream(destination, level ?? Compressor.DefaultCompressionLevel, 0, leaveOpen: true),
        Xz => new XzWriteStream(destination, Math.Clamp(level ?? UsualXzLevel, 0, MaxXzLevel)),
        _ => _framework.OpenWrite(compression, destination, level),
    };
}
