namespace NixRemote.StoreObjects;

/// <summary>A stream as a byte source, read in large pieces.</summary>
/// <param name="stream">Where the bytes come from; it stays open.</param>
/// <param name="bufferSize">Bytes read at once.</param>
public sealed class StreamByteSource(Stream stream, int bufferSize = StreamByteSource.DefaultBufferSize) : IByteSource
{
    /// <summary>Bytes read at once unless told otherwise: large enough that a system call costs nothing beside hashing.</summary>
    public const int DefaultBufferSize = 256 << 10;

    private readonly byte[] _buffer = new byte[bufferSize];
    private int _start;
    private int _end;

    /// <inheritdoc/>
    public long Position { get; private set; }

    /// <inheritdoc/>
    public async ValueTask<ReadOnlyMemory<byte>> PeekAsync(CancellationToken cancellationToken)
    {
        if (_start == _end)
        {
            _start = 0;
            _end = 0; // also right if the read is cancelled
            _end = await stream.ReadAsync(_buffer, cancellationToken).ConfigureAwait(false);
        }

        return _buffer.AsMemory(_start, _end - _start);
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _end - _start);
        _start += count;
        Position += count;
    }
}
