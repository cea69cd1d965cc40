using NixRemote.StoreObjects;

namespace NixRemote.Stores;

/// <summary>Passes a stream through and tells of each read how many bytes it gave.</summary>
internal sealed class CountingStream(Stream inner, Action<int> onRead) : AsyncReadStream
{
    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        onRead(read);
        return read;
    }
}
