using NixRemote.StoreObjects;

namespace NixRemote.Adapters.Ssh;

/// <summary>A program's output as a stream to read.</summary>
internal sealed class ChannelInput(ExecChannel channel) : AsyncReadStream
{
    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        channel.ReadAsync(buffer, cancellationToken);
}
