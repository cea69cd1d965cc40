using System.Runtime.ExceptionServices;
using NixRemote.StoreObjects;

namespace NixRemote.Adapters.Compression;

/// <summary>
/// The plain bytes of a compressed stream. The library's decoders take their input byte by byte, which is only fast where no byte
/// is waited for: they run on a thread of the pool, on top of a buffer.
/// </summary>
/// <param name="compressed">The compressed bytes; they are left open.</param>
/// <param name="open">Makes the decoder; called once, on the first read.</param>
internal sealed class DecompressedStream(Stream compressed, Func<Stream, Stream> open) : AsyncReadStream
{
    private readonly BlockingSource _source = new(compressed);
    private Stream? _plain;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        await Task.Run(() => Decode(buffer.Span, cancellationToken), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _plain?.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Decode(Span<byte> buffer, CancellationToken cancellationToken)
    {
        _source.Cancellation = cancellationToken;
        try
        {
            _plain ??= open(_source);
            return _plain.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        }
        catch (Exception exception)
        {
            // Decoders say in many ways that they do not like their input; only what the input itself says is something else.
            _source.Failure?.Throw();
            throw new InvalidDataException(exception.Message, exception);
        }
    }

    private sealed class BlockingSource(Stream inner) : Stream
    {
        private readonly byte[] _buffer = new byte[StreamByteSource.DefaultBufferSize];
        private int _start;
        private int _end;
        private long _read;

        public CancellationToken Cancellation { get; set; }

        public ExceptionDispatchInfo? Failure { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        // The xz decoder counts with it.
        public override long Position
        {
            get => _read;
            set => throw new NotSupportedException();
        }

        // Always as many as are asked for: the xz decoder takes fewer for the end.
        public override int Read(Span<byte> buffer)
        {
            var filled = 0;
            while (filled < buffer.Length && (_start < _end || Fill()))
            {
                var count = Math.Min(buffer.Length - filled, _end - _start);
                _buffer.AsSpan(_start, count).CopyTo(buffer[filled..]);
                _start += count;
                filled += count;
            }

            _read += filled;
            return filled;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int ReadByte()
        {
            if (_start == _end && !Fill())
            {
                return -1;
            }

            _read++;
            return _buffer[_start++];
        }

        public override void Flush()
        {
        }

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        private bool Fill()
        {
            try
            {
                _start = 0;
                _end = 0;
                _end = inner.ReadAsync(_buffer, Cancellation).AsTask().GetAwaiter().GetResult();
                return _end > 0;
            }
            catch (Exception exception)
            {
                Failure = ExceptionDispatchInfo.Capture(exception);
                throw;
            }
        }
    }
}
