using NixRemote.StoreObjects;

namespace NixRemote.Tests.Stores;

/// <summary>Bytes that arrive in pieces of a size.</summary>
internal sealed class PieceStream(byte[] bytes, int piece) : AsyncReadStream
{
    private int _position;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        var count = Math.Min(Math.Min(piece, buffer.Length), bytes.Length - _position);
        bytes.AsMemory(_position, count).CopyTo(buffer);
        _position += count;
        return count;
    }
}
