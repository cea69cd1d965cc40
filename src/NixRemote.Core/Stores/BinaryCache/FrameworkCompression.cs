using System.IO.Compression;

namespace NixRemote.Stores.BinaryCache;

/// <summary>The compressions that need no library: none, gzip and br.</summary>
public sealed class FrameworkCompression : IArchiveCompression
{
    /// <summary>The file is the archive.</summary>
    public const string None = "none";

    private const string Gzip = "gzip";
    private const string Brotli = "br";

    /// <summary>The only one.</summary>
    public static FrameworkCompression Instance { get; } = new();

    /// <inheritdoc/>
    public IReadOnlyList<string> Readable { get; } = [Brotli, Gzip, None];

    /// <inheritdoc/>
    public IReadOnlyList<string> Writable => Readable;

    /// <inheritdoc/>
    public Stream OpenRead(string compression, Stream compressed) => compression switch
    {
        None => new UnownedStream(compressed),
        Gzip => new GZipStream(compressed, CompressionMode.Decompress, leaveOpen: true),
        Brotli => new BrotliStream(compressed, CompressionMode.Decompress, leaveOpen: true),
        _ => throw new ArgumentOutOfRangeException(nameof(compression), compression, null),
    };

    /// <inheritdoc/>
    public Stream OpenWrite(string compression, Stream destination, int? level) => compression switch
    {
        None => new UnownedStream(destination),
        Gzip => new GZipStream(destination, CompressionLevel.Optimal, leaveOpen: true),
        Brotli => new BrotliStream(destination, CompressionLevel.Optimal, leaveOpen: true),
        _ => throw new ArgumentOutOfRangeException(nameof(compression), compression, null),
    };
}
