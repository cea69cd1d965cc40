using SharpCompress.Compressors.LZMA;

namespace NixRemote.Adapters.Compression;

/// <summary>Compresses bytes to LZMA2 chunks each of which begins anew, dictionary and state.</summary>
internal static class Lzma2Chunks
{
    /// <summary>Bytes that are compressed at a time; a chunk holds at most 64 KiB, so that what does not shrink to half is halved.</summary>
    public const int PieceBytes = 128 << 10;

    /// <summary>The dictionary of a reader, as LZMA2 has its size in one byte: 128 KiB, which is 2 &lt;&lt; 16.</summary>
    public const byte DictionarySize = 10;

    private const int ChunkBytes = 64 << 10;
    private const byte Plain = 0x01;
    private const byte Compressed = 0xE0;

    // The library's lc 3, lp 0, pb 2: (pb * 5 + lp) * 9 + lc.
    private const byte Properties = 0x5D;

    /// <summary>The chunks of a piece.</summary>
    /// <param name="piece">At most <see cref="PieceBytes"/>.</param>
    /// <param name="level">How hard to try: 0 to 9.</param>
    public static byte[] Compress(ReadOnlySpan<byte> piece, int level)
    {
        using var chunks = new MemoryStream();
        Append(chunks, piece, Math.Max(8, 8 * level));
        return chunks.ToArray();
    }

    // compressed: E0 | bits 16–20 of plain size - 1, its bits 0–15, compressed size - 1, properties, LZMA without header and end mark
    // plain: 01, size - 1, the bytes; numbers have their highest byte first
    private static void Append(MemoryStream chunks, ReadOnlySpan<byte> plain, int fastBytes)
    {
        using var lzma = new MemoryStream();
        using (var encoder = LzmaStream.Create(new LzmaEncoderProperties(eos: false, PieceBytes, fastBytes), isLzma2: false, lzma))
        {
            encoder.Write(plain);
        }

        if (lzma.Length < plain.Length && lzma.Length <= ChunkBytes)
        {
            var last = plain.Length - 1;
            chunks.Write([(byte)(Compressed | (last >> 16)), (byte)(last >> 8), (byte)last, (byte)((lzma.Length - 1) >> 8), (byte)(lzma.Length - 1), Properties]);
            lzma.WriteTo(chunks);
        }
        else if (plain.Length <= ChunkBytes)
        {
            var last = plain.Length - 1;
            chunks.Write([Plain, (byte)(last >> 8), (byte)last]);
            chunks.Write(plain);
        }
        else
        {
            Append(chunks, plain[..ChunkBytes], fastBytes);
            Append(chunks, plain[ChunkBytes..], fastBytes);
        }
    }
}
