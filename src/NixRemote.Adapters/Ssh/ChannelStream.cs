using NixRemote.Transport;

namespace NixRemote.Adapters.Ssh;

/// <summary>A channel as one stream in both directions; disposing it closes the channel and what carries it.</summary>
/// <param name="channel">The channel.</param>
/// <param name="carrier">The connection that is only for this channel; null: none.</param>
internal sealed class ChannelStream(IDuplexChannel channel, IAsyncDisposable? carrier) : Stream
{
    private int _disposed;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => channel.Input.ReadAsync(buffer, cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await channel.Output.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        await channel.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Only asynchronous reads.");

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Only asynchronous writes.");

    /// <inheritdoc/>
    public override void Flush()
    {
        // Nothing is held back here.
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            await channel.DisposeAsync().ConfigureAwait(false);
            await (carrier?.DisposeAsync() ?? ValueTask.CompletedTask).ConfigureAwait(false);
        }

        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            // Whoever cuts a connection does not wait; what must still be said is said in the background.
            _ = DisposeAsync().AsTask();
        }

        base.Dispose(disposing);
    }
}
