using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using NixRemote.StoreObjects;

namespace NixRemote.Stores;

/// <summary>
/// Reads the wire's primitives (wire.md §1) from a stream through a buffer of its own. What is buffered is read without
/// waiting and without allocating; only a fill waits. Every violation is a <see cref="ProtocolException"/> that tells the
/// offset of the field; the end of the stream inside or before a field is an <see cref="EndOfStreamException"/>.
/// One reader at a time.
/// </summary>
public sealed partial class WireReader : IByteSource
{
    private const int BufferBytes = 64 * 1024;

    // Invariant: _buffer[_start.._end] is what has come and was not taken yet; Position belongs to _start.
    private readonly Stream _stream;
    private byte[] _buffer = new byte[BufferBytes];
    private int _start;
    private int _end;

    /// <summary>Reads from the stream, which stays the caller's.</summary>
    public WireReader(Stream stream) => _stream = stream ?? throw new ArgumentNullException(nameof(stream));

    /// <summary>Bytes taken so far: the offset of the next field.</summary>
    public long Position { get; private set; }

    /// <summary>Whether the stream has said that no more will come.</summary>
    public bool HasEnded { get; private set; }

    private int Available => _end - _start;

    /// <inheritdoc/>
    /// <exception cref="EndOfStreamException">No more bytes come: nothing on the wire ends with the stream.</exception>
    public ValueTask<ReadOnlyMemory<byte>> PeekAsync(CancellationToken cancellationToken)
    {
        return Available > 0 ? new(_buffer.AsMemory(_start, Available)) : Fill();

        async ValueTask<ReadOnlyMemory<byte>> Fill()
        {
            await FillAsync(1, cancellationToken).ConfigureAwait(false);
            return _buffer.AsMemory(_start, Available);
        }
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)Available, nameof(count));
        _start += count;
        Position += count;
    }

    /// <summary>A word without taking it, or null if the stream ends before it is whole.</summary>
    /// <param name="ahead">Bytes before it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<ulong?> PeekUInt64Async(int ahead, CancellationToken cancellationToken) =>
        await TryFillAsync(ahead + 8, cancellationToken).ConfigureAwait(false)
            ? BinaryPrimitives.ReadUInt64LittleEndian(_buffer.AsSpan(_start + ahead))
            : null;

    /// <summary><c>u64</c>: 8 bytes, little endian.</summary>
    public ValueTask<ulong> ReadUInt64Async(CancellationToken cancellationToken)
    {
        return Available >= 8 ? new(TakeUInt64()) : Slow();

        async ValueTask<ulong> Slow()
        {
            await FillAsync(8, cancellationToken).ConfigureAwait(false);
            return TakeUInt64();
        }
    }

    /// <summary><c>bool</c>: a word that is 0 or 1.</summary>
    /// <exception cref="ProtocolException">ProtocolViolation: any other value.</exception>
    public async ValueTask<bool> ReadBoolAsync(string what, CancellationToken cancellationToken)
    {
        var offset = Position;
        var value = await ReadUInt64Async(cancellationToken).ConfigureAwait(false);
        return value <= 1 ? value == 1 : throw Violation(offset, $"{what} must be 0 or 1, but is {value}");
    }

    /// <summary>A word that must not be over a limit: a count, a small number.</summary>
    /// <exception cref="ProtocolException">LimitExceeded.</exception>
    public async ValueTask<int> ReadNumberAsync(int limit, string what, CancellationToken cancellationToken)
    {
        var offset = Position;
        var value = await ReadUInt64Async(cancellationToken).ConfigureAwait(false);
        return value <= (ulong)limit ? (int)value : throw OverLimit(offset, what, value, limit);
    }

    /// <summary>A size, or a time in unix seconds: a word below 2^63.</summary>
    /// <exception cref="ProtocolException">LimitExceeded.</exception>
    public async ValueTask<long> ReadInt64Async(string what, CancellationToken cancellationToken)
    {
        var offset = Position;
        var value = await ReadUInt64Async(cancellationToken).ConfigureAwait(false);
        return value <= long.MaxValue ? (long)value : throw OverLimit(offset, what, value, long.MaxValue);
    }

    /// <summary><c>string</c>: u64 length, the bytes, zeros up to a multiple of 8. As text: UTF-8, U+FFFD where it is not.</summary>
    /// <exception cref="ProtocolException">LimitExceeded: longer than the limit. ProtocolViolation: padding that is not zero.</exception>
    public ValueTask<string> ReadTextAsync(int limit, string what, CancellationToken cancellationToken)
    {
        // A string that has come as a whole, which nearly all have, costs no more than its decoding.
        if (Available >= 8)
        {
            var length = BinaryPrimitives.ReadUInt64LittleEndian(_buffer.AsSpan(_start));
            if (length <= (ulong)limit && (ulong)Available - 8 >= Padded(length))
            {
                Advance(8);
                return new(TakeText((int)length, what));
            }
        }

        return Slow();

        async ValueTask<string> Slow()
        {
            var length = await ReadNumberAsync(limit, LengthOf(what), cancellationToken).ConfigureAwait(false);
            var padded = (int)Padded((ulong)length);
            if (padded <= BufferBytes)
            {
                await FillAsync(padded, cancellationToken).ConfigureAwait(false);
                return TakeText(length, what);
            }

            return Encoding.UTF8.GetString(await ReadLongAsync(length, what, cancellationToken).ConfigureAwait(false));
        }
    }

    /// <summary><c>string</c> as raw bytes.</summary>
    /// <exception cref="ProtocolException">As for <see cref="ReadTextAsync"/>.</exception>
    public async ValueTask<byte[]> ReadBytesAsync(int limit, string what, CancellationToken cancellationToken)
    {
        var length = await ReadNumberAsync(limit, LengthOf(what), cancellationToken).ConfigureAwait(false);
        return await ReadLongAsync(length, what, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A violation at an offset of this stream.</summary>
    public static ProtocolException Violation(long offset, string expectation) => new(NixErrors.ProtocolViolation, offset, expectation);

    /// <summary>Something over a named limit at an offset of this stream.</summary>
    public static ProtocolException OverLimit(long offset, string what, ulong value, long limit) =>
        new(NixErrors.LimitExceeded, offset, $"{what} is {value}, which is over the limit of {limit}");

    private static string LengthOf(string what) => "the length of " + what;

    private static ulong Padded(ulong length) => length + 7 & ~7UL;

    private ulong TakeUInt64()
    {
        var value = BinaryPrimitives.ReadUInt64LittleEndian(_buffer.AsSpan(_start));
        Advance(8);
        return value;
    }

    private string TakeText(int length, string what)
    {
        var padded = (int)Padded((ulong)length);
        var bytes = _buffer.AsSpan(_start, padded);
        if (bytes[length..].ContainsAnyExcept((byte)0))
        {
            throw Violation(Position + length, $"the padding of {what} must be zero");
        }

        var text = Encoding.UTF8.GetString(bytes[..length]);
        Advance(padded);
        return text;
    }

    // Grows with what really comes: a length alone makes nobody allocate.
    private async ValueTask<byte[]> ReadLongAsync(int length, string what, CancellationToken cancellationToken)
    {
        var bytes = new List<byte>(Math.Min(length, BufferBytes));
        while (bytes.Count < length)
        {
            await FillAsync(1, cancellationToken).ConfigureAwait(false);
            var count = Math.Min(Available, length - bytes.Count);
            CollectionsMarshal.SetCount(bytes, bytes.Count + count);
            _buffer.AsSpan(_start, count).CopyTo(CollectionsMarshal.AsSpan(bytes)[^count..]);
            Advance(count);
        }

        var padding = (int)(Padded((ulong)length) - (ulong)length);
        await FillAsync(padding, cancellationToken).ConfigureAwait(false);
        if (_buffer.AsSpan(_start, padding).ContainsAnyExcept((byte)0))
        {
            throw Violation(Position, $"the padding of {what} must be zero");
        }

        Advance(padding);
        return [.. bytes];
    }

    private async ValueTask FillAsync(int count, CancellationToken cancellationToken)
    {
        if (!await TryFillAsync(count, cancellationToken).ConfigureAwait(false))
        {
            throw new EndOfStreamException(
                $"The stream ended at byte {Position + Available}, inside or before a field at byte {Position}.");
        }
    }

    // Waits until at least count bytes are buffered (count ≤ BufferBytes); false if the stream ends before.
    private async ValueTask<bool> TryFillAsync(int count, CancellationToken cancellationToken)
    {
        while (Available < count)
        {
            if (_start > 0)
            {
                _buffer.AsSpan(_start, Available).CopyTo(_buffer);
                _end -= _start;
                _start = 0;
            }

            var read = HasEnded ? 0 : await _stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                HasEnded = true;
                return false;
            }

            _end += read;
        }

        return true;
    }
}
