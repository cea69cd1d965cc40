using System.Buffers.Binary;
using NixRemote.StoreObjects;

namespace NixRemote.Adapters.Compression;

/// <summary>
/// Writes an .xz file of one block. The library can write LZMA, but not this container: what comes is cut into pieces, which are compressed
/// beside each other and become LZMA2 chunks that need nothing of the chunks before.
/// </summary>
internal sealed class XzWriteStream : WriteOnlyStream
{
    private const byte Lzma2Filter = 0x21;
    private const byte Crc32Check = 1;
    private const int CheckBytes = 4;

    private static ReadOnlySpan<byte> HeaderMagic => [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0];

    private static ReadOnlySpan<byte> FooterMagic => "YZ"u8;

    private readonly Stream _destination;
    private readonly int _level;
    private readonly Queue<Task<byte[]>> _chunks = new();
    private byte[] _piece = new byte[Lzma2Chunks.PieceBytes];
    private int _filled;
    private uint _crc;
    private long _plainBytes;
    private long _blockBytes;
    private bool _begun;
    private bool _ended;

    /// <summary>Writes a file.</summary>
    /// <param name="destination">Where it goes; it is left open.</param>
    /// <param name="level">How hard to try: 0 to 9 as for xz.</param>
    public XzWriteStream(Stream destination, int level) => (_destination, _level) = (destination, level);

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _crc = Crc32.Append(_crc, buffer.Span);
        _plainBytes += buffer.Length;
        while (buffer.Length > 0)
        {
            var count = Math.Min(buffer.Length, _piece.Length - _filled);
            buffer[..count].CopyTo(_piece.AsMemory(_filled));
            _filled += count;
            buffer = buffer[count..];
            if (_filled == _piece.Length)
            {
                await CompressAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Written asynchronously.");

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (!_ended)
        {
            _ended = true;
            if (_filled > 0)
            {
                await CompressAsync(CancellationToken.None).ConfigureAwait(false);
            }

            await WriteChunksAsync(0, CancellationToken.None).ConfigureAwait(false);
            await EndAsync().ConfigureAwait(false);
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    private async Task CompressAsync(CancellationToken cancellationToken)
    {
        var piece = _piece.AsMemory(0, _filled);
        _chunks.Enqueue(Task.Run(() => Lzma2Chunks.Compress(piece.Span, _level), cancellationToken));
        (_piece, _filled) = (new byte[Lzma2Chunks.PieceBytes], 0);
        await WriteChunksAsync(Environment.ProcessorCount, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes chunks, in order, until no more than so many are left.</summary>
    private async Task WriteChunksAsync(int left, CancellationToken cancellationToken)
    {
        if (!_begun)
        {
            _begun = true;
            await _destination.WriteAsync(Beginning(), cancellationToken).ConfigureAwait(false);
        }

        while (_chunks.Count > left)
        {
            var chunks = await _chunks.Dequeue().ConfigureAwait(false);
            await _destination.WriteAsync(chunks, cancellationToken).ConfigureAwait(false);
            _blockBytes += chunks.Length;
        }
    }

    // stream header: magic, 00, check, CRC-32 of these two
    // block header: its size / 4 - 1, 00 (one filter, no sizes), filter, size of its properties, dictionary size, padding to 4, CRC-32
    private static byte[] Beginning()
    {
        var header = new MemoryStream();
        header.Write(HeaderMagic);
        header.Write(WithChecksum([0, Crc32Check]));
        header.Write(WithChecksum([2, 0, Lzma2Filter, 1, Lzma2Chunks.DictionarySize, 0, 0, 0]));
        return header.ToArray();
    }

    // end of the block: 00, padding to 4, check of the plain bytes
    // index: 00, number of blocks, per block its size without padding and that of the plain bytes, padding to 4, CRC-32
    // footer: CRC-32 of the next two, size of the index / 4 - 1, 00 and check, magic
    private async Task EndAsync()
    {
        const int blockHeaderBytes = 12;
        var end = new MemoryStream();
        end.WriteByte(0);
        _blockBytes++;
        end.Write(new byte[Padding(_blockBytes)]);
        end.Write(Word(_crc));

        var index = new MemoryStream();
        index.WriteByte(0);
        WriteInteger(index, 1);
        WriteInteger(index, blockHeaderBytes + _blockBytes + CheckBytes);
        WriteInteger(index, _plainBytes);
        index.Write(new byte[Padding(index.Length)]);
        end.Write(WithChecksum(index.ToArray()));

        byte[] tail = [.. Word((uint)((index.Length + CheckBytes) / 4) - 1), 0, Crc32Check];
        end.Write(Word(Crc32.Append(0, tail)));
        end.Write(tail);
        end.Write(FooterMagic);
        await _destination.WriteAsync(end.ToArray()).ConfigureAwait(false);
        await _destination.FlushAsync().ConfigureAwait(false);
    }

    private static int Padding(long length) => (int)(-length & 3);

    private static byte[] WithChecksum(byte[] bytes) => [.. bytes, .. Word(Crc32.Append(0, bytes))];

    private static byte[] Word(uint value)
    {
        var word = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(word, value);
        return word;
    }

    // Seven bits a byte, the lowest first; the highest bit of a byte says that there is one more.
    private static void WriteInteger(MemoryStream output, long value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            output.WriteByte((byte)(value | 0x80));
        }

        output.WriteByte((byte)value);
    }
}
