using System.Security.Cryptography;
using NixRemote.StoreObjects;

namespace NixRemote.Stores.BinaryCache;

/// <summary>Counts and hashes what is written on its way to another stream, which is left open.</summary>
internal sealed class HashingWriteStream(Stream destination) : WriteOnlyStream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _written;

    /// <inheritdoc/>
    public override long Length => _written;

    /// <summary>SHA-256 of what was written; to be asked for once, at the end.</summary>
    public NixHash TakeHash() => new(NixHashAlgorithm.Sha256, _hash.GetHashAndReset());

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Take(buffer.Span);
        return destination.WriteAsync(buffer, cancellationToken);
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count)
    {
        Take(buffer.AsSpan(offset, count));
        destination.Write(buffer, offset, count);
    }

    /// <inheritdoc/>
    public override void Flush() => destination.Flush();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        _hash.AppendData(bytes);
        _written += bytes.Length;
    }
}
