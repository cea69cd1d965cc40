using System.Globalization;
using System.Security.Cryptography;
using NixRemote.StoreObjects;

namespace NixRemote.Stores.BinaryCache;

/// <summary>A file of a binary cache on its way, counted and hashed for what its .narinfo promises of it.</summary>
internal sealed class CheckedFileStream(Stream file, NarInfo promised) : AsyncReadStream
{
    private readonly IncrementalHash? _hash = promised.FileHash is { } hash ? HasherOf(hash.Algorithm) : null;
    private long _read;

    /// <summary>Bytes read so far; it cannot be set.</summary>
    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    /// <summary>Reads on; more bytes than promised are refused.</summary>
    /// <exception cref="NixRemoteException">CacheFileInvalid, and what the file throws.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await file.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        _read += count;
        if (promised.FileSize is { } size && _read > size)
        {
            throw Invalid($"has more than the {size} bytes that its .narinfo promises");
        }

        _hash?.AppendData(buffer.Span[..count]);
        return count;
    }

    /// <summary>Reads what is left and compares size and hash.</summary>
    /// <exception cref="NixRemoteException">CacheFileInvalid.</exception>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        await CopyToAsync(Null, cancellationToken).ConfigureAwait(false);
        if (promised.FileSize is { } size && _read != size)
        {
            throw Invalid(string.Create(CultureInfo.InvariantCulture, $"has {_read} bytes, but its .narinfo promises {size}"));
        }

        if (_hash is not null && new NixHash(promised.FileHash!.Value.Algorithm, _hash.GetHashAndReset()) is var actual && actual != promised.FileHash)
        {
            throw Invalid($"has the hash {actual}, but its .narinfo promises {promised.FileHash}");
        }
    }

    /// <summary>The failure of this file.</summary>
    public NixRemoteException Invalid(string what, Exception? inner = null) =>
        new(NixErrors.CacheFileInvalid, $"The file '{promised.Url}' of '{promised.Path.Path}' {what}.", inner) { Target = promised.Path.Path.ToString() };

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash?.Dispose();
            file.Dispose();
        }

        base.Dispose(disposing);
    }

    // BLAKE3 is not in the framework; size, and the archive's own hash, stay.
    private static IncrementalHash? HasherOf(NixHashAlgorithm algorithm) => algorithm switch
    {
        NixHashAlgorithm.Md5 => IncrementalHash.CreateHash(HashAlgorithmName.MD5),
        NixHashAlgorithm.Sha1 => IncrementalHash.CreateHash(HashAlgorithmName.SHA1),
        NixHashAlgorithm.Sha256 => IncrementalHash.CreateHash(HashAlgorithmName.SHA256),
        NixHashAlgorithm.Sha512 => IncrementalHash.CreateHash(HashAlgorithmName.SHA512),
        _ => null,
    };
}
