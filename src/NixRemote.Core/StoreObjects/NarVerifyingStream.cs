using System.Security.Cryptography;

namespace NixRemote.StoreObjects;

/// <summary>
/// The bytes of one archive out of a source that goes on after it: parsed to find its end, hashed, and compared with
/// what was promised. The last bytes are only handed out once size and hash are right, so whoever got
/// <see cref="PathInfo.NarSize"/> bytes has a good archive. Nothing after the archive is taken from the source. To be
/// read asynchronously.
/// </summary>
public sealed class NarVerifyingStream : AsyncReadStream
{
    private readonly IByteSource _source;
    private readonly PathInfo _info;
    private readonly NarParser _parser;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private NixRemoteException? _failure;
    private long _taken;

    /// <summary>Begins at the source's current position.</summary>
    /// <param name="source">The bytes; it is not owned.</param>
    /// <param name="info">The path with the archive's promised size and SHA-256.</param>
    /// <param name="visitor">Is told what the archive holds, before its hash is known.</param>
    /// <param name="maxDepth">Nodes that may be above one another.</param>
    public NarVerifyingStream(IByteSource source, PathInfo info, INarVisitor? visitor = null, int maxDepth = StoreObjectLimits.NarDepth)
    {
        _source = source;
        _info = info;
        _parser = new NarParser(visitor, maxDepth);
    }

    /// <summary>Whether the archive was read to its end, so that the source is at the first byte after it. Also true if
    /// its size or hash turned out wrong.</summary>
    public bool IsComplete => _parser.IsComplete && _taken == _parser.Position;

    /// <summary>Bytes of the archive taken from the source so far; it cannot be set.</summary>
    public override long Position
    {
        get => _taken;
        set => throw new NotSupportedException();
    }

    /// <summary>Reads the next bytes; 0 after the last one of a good archive.</summary>
    /// <exception cref="NixRemoteException">NarInvalid (a <see cref="ProtocolException"/>), NarSizeMismatch or
    /// NarHashMismatch, each with the path as target.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        var piece = await NextAsync(buffer.Length, cancellationToken).ConfigureAwait(false);
        piece.CopyTo(buffer);
        Take(piece.Length);
        return piece.Length;
    }

    /// <summary>Writes the whole archive to the destination straight from the source's memory.</summary>
    /// <inheritdoc cref="ReadAsync(Memory{byte}, CancellationToken)" path="/exception"/>
    public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
    {
        while (true)
        {
            var piece = await NextAsync(int.MaxValue, cancellationToken).ConfigureAwait(false);
            if (piece.IsEmpty)
            {
                return;
            }

            await destination.WriteAsync(piece, cancellationToken).ConfigureAwait(false);
            Take(piece.Length);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }

    // The next checked bytes of the archive, at most limit, not yet taken from the source; empty after its end.
    private async ValueTask<ReadOnlyMemory<byte>> NextAsync(int limit, CancellationToken cancellationToken)
    {
        if (_failure is not null)
        {
            // Never an end after a failure: 0 bytes mean a good archive.
            throw new NixRemoteException(_failure.Definition, _failure.Message, _failure) { Target = _failure.Target };
        }

        if (_parser.IsComplete)
        {
            return default;
        }

        var available = await _source.PeekAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return Check(available[..Math.Min(available.Length, limit)]);
        }
        catch (NixRemoteException exception)
        {
            exception.Target ??= _info.Path.ToString();
            _failure = exception;
            throw;
        }
    }

    private void Take(int count)
    {
        _source.Advance(count);
        _taken += count;
    }

    private ReadOnlyMemory<byte> Check(ReadOnlyMemory<byte> available)
    {
        if (available.IsEmpty)
        {
            throw _parser.Truncated();
        }

        var complete = _parser.Advance(available.Span, out var consumed);
        var piece = available[..consumed];

        // Whole pieces, not tokens: SHA-256 of 32 bytes at a time has a third of the speed.
        _hash.AppendData(piece.Span);
        var mismatch = SizeMismatch(complete) ?? (complete ? HashMismatch() : null);
        if (mismatch is null)
        {
            return piece;
        }

        if (complete)
        {
            // The source is left after the archive, so that its owner can go on with what follows.
            Take(consumed);
        }

        throw mismatch;
    }

    private NixRemoteException? SizeMismatch(bool complete)
    {
        var size = _parser.Position;
        if (size == _info.NarSize || (size < _info.NarSize && !complete))
        {
            return null;
        }

        var actual = complete ? $"has {size} bytes" : $"has more than {size - 1} bytes";
        return new NixRemoteException(NixErrors.NarSizeMismatch,
            $"The archive of '{_info.Path}' {actual}, but {_info.NarSize} were promised.");
    }

    private NixRemoteException? HashMismatch()
    {
        var actual = new NixHash(NixHashAlgorithm.Sha256, _hash.GetHashAndReset());
        return actual == _info.NarHash
            ? null
            : new NixRemoteException(NixErrors.NarHashMismatch,
                $"The archive of '{_info.Path}' has the hash {actual}, but {_info.NarHash} was promised.");
    }
}
