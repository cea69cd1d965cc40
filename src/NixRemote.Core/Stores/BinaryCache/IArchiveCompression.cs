namespace NixRemote.Stores.BinaryCache;

/// <summary>The compressions of a binary cache's archives, by the names that .narinfo files have for them.</summary>
public interface IArchiveCompression
{
    /// <summary>The names that can be read, ascending.</summary>
    IReadOnlyList<string> Readable { get; }

    /// <summary>The names that can be written, ascending.</summary>
    IReadOnlyList<string> Writable { get; }

    /// <summary>The plain bytes of a compressed file. What cannot be decompressed, and a file that ends too early, is an
    /// <see cref="InvalidDataException"/> while it is read.</summary>
    /// <param name="compression">One of <see cref="Readable"/>.</param>
    /// <param name="compressed">The file, read asynchronously and in large pieces; it is left open.</param>
    Stream OpenRead(string compression, Stream compressed);

    /// <summary>Where to write plain bytes; disposing it ends the compressed file.</summary>
    /// <param name="compression">One of <see cref="Writable"/>.</param>
    /// <param name="destination">Where the compressed bytes go; it is left open.</param>
    /// <param name="level">How hard to try, in the compression's own scale; null: its usual.</param>
    Stream OpenWrite(string compression, Stream destination, int? level);
}
