using System.Buffers.Binary;
using System.Text;

namespace NixRemote.Stores;

/// <summary>
/// Writes the wire's primitives (wire.md §1) into a buffer of its own; nothing leaves before <see cref="FlushAsync"/>,
/// <see cref="SendFullAsync"/> or a copied archive that fills the buffer. Between <see cref="BeginFrames"/> and
/// <see cref="EndFrames"/> what is written leaves as frames (§1.1). One writer at a time.
/// </summary>
public sealed partial class WireWriter
{
    private const int BufferBytes = 128 * 1024;
    private const int NoFrame = -1;

    private readonly Stream _stream;
    private byte[] _buffer = new byte[BufferBytes];
    private int _length;

    // Where the length word of the open frame stands in the buffer. The word is filled in when the frame is sent, so a
    // frame costs neither a copy nor a write of its own.
    private int _frame = NoFrame;

    /// <summary>Writes to the stream, which stays the caller's.</summary>
    public WireWriter(Stream stream) => _stream = stream ?? throw new ArgumentNullException(nameof(stream));

    /// <summary>Bytes written so far, those in the buffer included: the offset of the next field.</summary>
    public long Position { get; private set; }

    /// <summary><c>u64</c>.</summary>
    public void WriteUInt64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Reserve(8), value);

    /// <summary>A count or small number as <c>u64</c>.</summary>
    public void WriteNumber(long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        WriteUInt64((ulong)value);
    }

    /// <summary><c>bool</c>: 0 or 1.</summary>
    public void WriteBool(bool value) => WriteUInt64(value ? 1UL : 0UL);

    /// <summary><c>string</c>: u64 length, the bytes, zeros up to a multiple of 8.</summary>
    public void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        WriteNumber(bytes.Length);
        var padded = Reserve(bytes.Length + 7 & ~7);
        bytes.CopyTo(padded);
        padded[bytes.Length..].Clear();
    }

    /// <summary><c>string</c> in UTF-8.</summary>
    public void WriteText(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        WriteNumber(length);
        var padded = Reserve(length + 7 & ~7);
        Encoding.UTF8.GetBytes(text, padded);
        padded[length..].Clear();
    }

    /// <summary>Sends all that is in the buffer.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        await SendAsync(cancellationToken).ConfigureAwait(false);
        await _stream.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends the buffer if it is well filled. For loops over many requests, which keeps the buffer bounded.</summary>
    public ValueTask SendFullAsync(CancellationToken cancellationToken) =>
        _length >= BufferBytes / 2 ? SendAsync(cancellationToken) : ValueTask.CompletedTask;

    /// <summary>Copies exactly <paramref name="size"/> raw bytes, without length and padding, from a stream that must end
    /// there.</summary>
    /// <param name="source">Where the bytes come from.</param>
    /// <param name="size">How many they are.</param>
    /// <param name="stop">Ends reading. What was written stays whole, so that a framed stream can still be ended.</param>
    /// <param name="cancellationToken">Ends writing, with which the connection is lost.</param>
    /// <exception cref="UploadSourceException">The source failed, or it does not hold that many bytes. What was written
    /// is a part of them.</exception>
    internal async ValueTask CopyRawAsync(Stream source, long size, CancellationToken stop, CancellationToken cancellationToken)
    {
        for (var left = size; left > 0;)
        {
            if (_length > BufferBytes * 3 / 4)
            {
                await SendAsync(cancellationToken).ConfigureAwait(false);
            }

            var room = Math.Min(left, _buffer.Length - _length);
            var read = await UploadSourceException.ReadAsync(source, _buffer.AsMemory(_length, (int)room), stop).ConfigureAwait(false);
            if (read == 0)
            {
                throw UploadSourceException.WrongSize(size, $"ended after {size - left}");
            }

            _length += read;
            Position += read;
            left -= read;
        }

        if (await UploadSourceException.ReadAsync(source, new byte[1], stop).ConfigureAwait(false) != 0)
        {
            throw UploadSourceException.WrongSize(size, "goes on after them");
        }
    }

    /// <summary>Raw bytes, without length and padding.</summary>
    public void WriteRaw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Reserve(bytes.Length));

    /// <summary>Begins a framed stream. Use <see cref="FramedWriter"/>, which does not forget its end.</summary>
    internal void BeginFrames()
    {
        if (_frame != NoFrame)
        {
            throw new InvalidOperationException("A framed stream is open already.");
        }

        OpenFrame();
    }

    /// <summary>Ends the framed stream: the last frame and the zero.</summary>
    internal void EndFrames()
    {
        if (_frame == NoFrame)
        {
            throw new InvalidOperationException("No framed stream is open.");
        }

        if (CloseFrame())
        {
            WriteUInt64(0);
        }

        _frame = NoFrame;
    }

    private void OpenFrame()
    {
        _frame = _length;
        WriteUInt64(0);
    }

    // Fills in the length of the open frame. False if it is empty: its word, 0, would end the stream.
    private bool CloseFrame()
    {
        var body = _length - _frame - 8;
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer.AsSpan(_frame), (ulong)body);
        return body > 0;
    }

    private async ValueTask SendAsync(CancellationToken cancellationToken)
    {
        var framed = _frame != NoFrame;
        var count = framed && !CloseFrame() ? _frame : _length;
        if (count > 0)
        {
            await _stream.WriteAsync(_buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
        }

        _length = 0;
        if (_buffer.Length > 8 * BufferBytes)
        {
            _buffer = new byte[BufferBytes];
        }

        if (framed)
        {
            OpenFrame();
        }
    }

    private Span<byte> Reserve(int count)
    {
        if (_buffer.Length - _length < count)
        {
            Array.Resize(ref _buffer, Math.Max(checked(_length + count), 2 * _buffer.Length));
        }

        var room = _buffer.AsSpan(_length, count);
        _length += count;
        Position += count;
        return room;
    }
}
