using NixRemote.StoreObjects;

namespace NixRemote.Stores.BinaryCache;

public sealed partial class BinaryCacheStore
{
    private const string UsualCompression = "zstd";

    /// <inheritdoc/>
    /// <remarks>A path's .narinfo appears after its archive and after those of all that it refers to, so that what others find
    /// is always complete. What is there already stays as it is.</remarks>
    public async Task AddPathsAsync(int count, IAsyncEnumerable<NarItem> items, CancellationToken cancellationToken)
    {
        var folder = Writable();
        var compression = CompressionToWrite();
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        var added = 0;
        await foreach (var item in items.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (++added == 1)
            {
                await folder.EnsureInfoAsync(cancellationToken).ConfigureAwait(false);
            }

            try
            {
                await AddAsync(folder, compression, item, cancellationToken).ConfigureAwait(false);
            }
            catch (NixRemoteException exception)
            {
                throw About(exception, item.Info.Path);
            }
        }

        if (added != count)
        {
            throw new ArgumentException($"{count} paths were announced, but {added} came.", nameof(items));
        }
    }

    /// <inheritdoc/>
    public async Task AddSignaturesAsync(StorePath path, IReadOnlyCollection<string> signatures, CancellationToken cancellationToken)
    {
        var folder = Writable();
        _infos.TryRemove(path, out _);
        var info = await QueryAsync(path, cancellationToken).ConfigureAwait(false) ?? throw NixStoreExtensions.NotValid(this, path);
        await PublishAsync(folder, info with { Path = info.Path.WithSignatures(signatures) }, cancellationToken).ConfigureAwait(false);
    }

    private BinaryCacheFolder Writable() =>
        _files as BinaryCacheFolder ?? throw Failure(NixErrors.CacheReadOnly, "it is reached over HTTP, where it can only be read");

    private string CompressionToWrite()
    {
        var writable = _options.Compressions.Writable;
        var wanted = _options.Compression ?? (writable.Contains(UsualCompression) ? UsualCompression : FrameworkCompression.None);
        return writable.Contains(wanted)
            ? wanted
            : throw Failure(NixErrors.CompressionUnsupported, $"{wanted} cannot be written; what can be is {string.Join(", ", writable)}");
    }

    private async Task AddAsync(BinaryCacheFolder folder, string compression, NarItem item, CancellationToken cancellationToken)
    {
        foreach (var reference in item.Info.References)
        {
            if (reference != item.Info.Path && !_infos.ContainsKey(reference)
                && !await _files.ExistsAsync(NameOf(reference), cancellationToken).ConfigureAwait(false))
            {
                throw Failure(NixErrors.PathNotValid, $"'{item.Info.Path}' refers to '{reference}', which is not there");
            }
        }

        await using var file = folder.Begin(CacheFileName.Archives + "/");
        await using var hashing = new HashingWriteStream(file.Content);
        await using (var compressor = _options.Compressions.OpenWrite(compression, hashing, _options.CompressionLevel))
        {
            // Files of this machine come unhashed: this is the first to see whether they are what was promised.
            var source = new StreamByteSource(item.Nar);
            await using var archive = new NarVerifyingStream(source, item.Info);
            await archive.CopyToAsync(compressor, cancellationToken).ConfigureAwait(false);
            if (!(await source.PeekAsync(cancellationToken).ConfigureAwait(false)).IsEmpty)
            {
                throw new ProtocolException(NixErrors.NarInvalid, source.Position, "Nothing may follow the archive");
            }
        }

        var fileHash = hashing.TakeHash();
        var info = new NarInfo
        {
            Path = _options.Signer is { } signer ? signer.Sign(item.Info) : item.Info,
            Url = $"{CacheFileName.Archives}/{fileHash.ToNixBase32()}.nar{Extension(compression)}",
            Compression = compression,
            FileHash = fileHash,
            FileSize = hashing.Length,
        };
        cancellationToken.ThrowIfCancellationRequested();

        // From here on to the end, so that no archive is left that nothing names.
        folder.Commit(file, info.Url);
        await PublishAsync(folder, info, CancellationToken.None).ConfigureAwait(false);
    }

    private async Task PublishAsync(BinaryCacheFolder folder, NarInfo info, CancellationToken cancellationToken)
    {
        await folder.WriteAsync(NameOf(info.Path.Path), info.ToString(), cancellationToken).ConfigureAwait(false);
        _infos.TryRemove(info.Path.Path, out _);
        Remember(info);
    }

    // As Nix names them.
    private static string Extension(string compression) => compression switch
    {
        FrameworkCompression.None => "",
        "zstd" => ".zst",
        "gzip" => ".gz",
        "bzip2" => ".bz2",
        _ => "." + compression,
    };
}
