using NixRemote.StoreObjects;

namespace NixRemote.Stores.BinaryCache;

/// <summary>
/// The archive of a path out of a file of a binary cache: decompressed, parsed, and checked. The last bytes are only
/// handed out once the archive's size and hash and the file's size and hash are right, and nothing follows.
/// </summary>
internal sealed class CacheArchiveStream : AsyncReadStream
{
    private readonly CheckedFileStream _file;
    private readonly Stream _plain;
    private readonly StreamByteSource _source;
    private readonly NarVerifyingStream _archive;
    private readonly Action<NixRemoteException> _failed;
    private bool _finished;

    /// <summary>Begins with a file at its start.</summary>
    /// <param name="file">The file, owned from here on.</param>
    /// <param name="narInfo">What the cache says of it.</param>
    /// <param name="info">What was promised of the path.</param>
    /// <param name="compression">What decompresses.</param>
    /// <param name="failed">Is shown each failure before it is thrown, to say whose it is.</param>
    public CacheArchiveStream(Stream file, NarInfo narInfo, PathInfo info, IArchiveCompression compression, Action<NixRemoteException> failed)
    {
        _failed = failed;
        _file = new CheckedFileStream(file, narInfo);
        _plain = compression.OpenRead(narInfo.Compression, _file);
        _source = new StreamByteSource(_plain);
        _archive = new NarVerifyingStream(_source, info);
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var count = await _archive.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (_archive.IsComplete && !_finished)
            {
                await FinishAsync(cancellationToken).ConfigureAwait(false);
            }

            return count;
        }
        catch (InvalidDataException exception)
        {
            var failure = _file.Invalid($"cannot be decompressed: {exception.Message.TrimEnd('.')}", exception);
            _failed(failure);
            throw failure;
        }
        catch (NixRemoteException exception)
        {
            _failed(exception);
            throw;
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _archive.Dispose();
            _plain.Dispose();
            _file.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task FinishAsync(CancellationToken cancellationToken)
    {
        if (!(await _source.PeekAsync(cancellationToken).ConfigureAwait(false)).IsEmpty)
        {
            throw _file.Invalid("holds more than one archive");
        }

        await _file.FinishAsync(cancellationToken).ConfigureAwait(false);
        _finished = true;
    }
}
