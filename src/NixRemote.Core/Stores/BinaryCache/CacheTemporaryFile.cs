using NixRemote.StoreObjects;

namespace NixRemote.Stores.BinaryCache;

/// <summary>
/// A file of a folder while it is written: under a name that nobody looks for, until it is whole and gets its own by a
/// rename. Given up, it is removed. While it is open it is locked, so that others see that it is not abandoned.
/// </summary>
internal sealed class CacheTemporaryFile : IAsyncDisposable
{
    /// <summary>What their names begin with.</summary>
    public const string Prefix = ".nixremote-";

    private readonly FileStream _file;
    private bool _committed;

    /// <summary>Makes one.</summary>
    /// <exception cref="NixRemoteException">DestinationUnwritable.</exception>
    public CacheTemporaryFile(string folder)
    {
        var path = Path.Combine(folder, $"{Prefix}{Guid.NewGuid():N}");
        _file = Try(path, () => new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            BufferSize = 0,
            Options = FileOptions.Asynchronous,
        }));
        Content = new Writer(this);
    }

    /// <summary>Where to write; disposing it does nothing. Its failures are DestinationUnwritable.</summary>
    public Stream Content { get; }

    /// <summary>Gives the file its name, replacing what has it.</summary>
    /// <exception cref="NixRemoteException">DestinationUnwritable.</exception>
    public void Commit(string path)
    {
        Try(path, () =>
        {
            // A machine that loses power must not keep the name without the bytes.
            _file.Flush(flushToDisk: true);

            // Under its own name it must not be locked for a moment: somebody may read it at once.
            _file.Dispose();
            File.Move(_file.Name, path, overwrite: true);
            return true;
        });
        _committed = true;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _file.DisposeAsync().ConfigureAwait(false);
        if (!_committed)
        {
            File.Delete(_file.Name);
        }
    }

    /// <summary>Removes the temporary files of a folder that were left by writers that died.</summary>
    public static void RemoveAbandoned(string folder)
    {
        foreach (var path in Directory.EnumerateFiles(folder, Prefix + "*"))
        {
            if (DateTime.UtcNow - File.GetLastWriteTimeUtc(path) < BinaryCacheLimits.AbandonedAfter)
            {
                continue;
            }

            try
            {
                using (new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.None))
                {
                    // Nobody has it locked.
                }

                File.Delete(path);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // It is another writer's, or gone by now: none of our business.
                continue;
            }
        }
    }

    private static T Try<T>(string path, Func<T> operation)
    {
        try
        {
            return operation();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(path, exception);
        }
    }

    private static NixRemoteException Unwritable(string path, Exception exception) =>
        new(NixErrors.DestinationUnwritable, $"'{path}' cannot be written: {exception.Message.TrimEnd('.')}.", exception) { Target = path };

    private sealed class Writer(CacheTemporaryFile owner) : WriteOnlyStream
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                await owner._file.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw Unwritable(owner._file.Name, exception);
            }
        }

        public override void Write(byte[] buffer, int offset, int count) => Try(owner._file.Name, () =>
        {
            owner._file.Write(buffer, offset, count);
            return true;
        });
    }
}
