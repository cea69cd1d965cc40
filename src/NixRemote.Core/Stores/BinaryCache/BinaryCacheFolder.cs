using System.Text;
using NixRemote.StoreObjects;

namespace NixRemote.Stores.BinaryCache;

/// <summary>
/// A binary cache in a folder. Each file appears whole, under its name, by a rename: readers and writers of other processes
/// never see half of one, and a writer that dies leaves only what the next one removes.
/// </summary>
internal sealed class BinaryCacheFolder : IBinaryCacheFiles
{
    private readonly string _folder;
    private readonly object _lock = new();
    private bool _prepared;

    /// <summary>Uses a folder, which need not exist yet.</summary>
    /// <param name="folder">Its path on this machine.</param>
    public BinaryCacheFolder(string folder) => _folder = Path.GetFullPath(folder);

    /// <inheritdoc/>
    public int Requests => Environment.ProcessorCount;

    /// <inheritdoc/>
    public int ArchivesAhead => 1;

    /// <inheritdoc/>
    public bool IsInfoRequired => false;

    /// <summary>Whether the folder exists.</summary>
    public bool Exists => Directory.Exists(_folder);

    /// <inheritdoc/>
    public Task<bool> ExistsAsync(string name, CancellationToken cancellationToken) => Task.FromResult(File.Exists(PathOf(name)));

    /// <inheritdoc/>
    public async Task<byte[]?> ReadAsync(string name, int limit, CancellationToken cancellationToken)
    {
        await using var file = Open(name);
        if (file is null)
        {
            return null;
        }

        if (file.Length > limit)
        {
            throw new NixRemoteException(NixErrors.LimitExceeded, $"'{file.Name}' has {file.Length} bytes; it may have {limit}.") { Target = file.Name };
        }

        var content = new byte[file.Length];
        var read = await file.ReadAtLeastAsync(content, content.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return content[..read];
    }

    /// <inheritdoc/>
    public Task<Stream?> OpenAsync(string name, CancellationToken cancellationToken) => Task.FromResult<Stream?>(Open(name));

    /// <summary>Begins a file that will be put in place by <see cref="Commit"/>.</summary>
    /// <param name="name">Its name; until its content is known, any in the same folder.</param>
    /// <exception cref="NixRemoteException">DestinationUnwritable.</exception>
    public CacheTemporaryFile Begin(string name)
    {
        Prepare();
        return new CacheTemporaryFile(Path.GetDirectoryName(PathOf(name))!);
    }

    /// <summary>Puts a file in place that is wholly written.</summary>
    /// <exception cref="NixRemoteException">DestinationUnwritable.</exception>
    public void Commit(CacheTemporaryFile file, string name) => file.Commit(PathOf(name));

    /// <summary>Writes a small file.</summary>
    /// <exception cref="NixRemoteException">DestinationUnwritable.</exception>
    public async Task WriteAsync(string name, string text, CancellationToken cancellationToken)
    {
        await using var file = Begin(name);
        await file.Content.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken).ConfigureAwait(false);
        Commit(file, name);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private FileStream? Open(string name)
    {
        var path = PathOf(name);
        try
        {
            return new FileStream(path, new FileStreamOptions
            {
                Access = FileAccess.Read,
                Share = FileShare.Read | FileShare.Delete,
                BufferSize = 0,
                Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
            });
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new NixRemoteException(NixErrors.CacheUnusable, $"'{path}' cannot be read: {exception.Message.TrimEnd('.')}.", exception) { Target = path };
        }
    }

    private string PathOf(string name) => Path.Combine(_folder, name.Replace('/', Path.DirectorySeparatorChar));

    // Makes the folder a cache, once.
    private void Prepare()
    {
        lock (_lock)
        {
            if (_prepared)
            {
                return;
            }

            var archives = PathOf(CacheFileName.Archives);
            try
            {
                Directory.CreateDirectory(archives);
                CacheTemporaryFile.RemoveAbandoned(_folder);
                CacheTemporaryFile.RemoveAbandoned(archives);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new NixRemoteException(NixErrors.DestinationUnwritable,
                    $"'{_folder}' cannot become a binary cache: {exception.Message.TrimEnd('.')}.", exception) { Target = _folder };
            }

            _prepared = true;
        }
    }

    /// <summary>Writes nix-cache-info if there is none: from then on the folder is a cache to Nix too.</summary>
    public async Task EnsureInfoAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(PathOf(CacheFileName.CacheInfo)))
        {
            await WriteAsync(CacheFileName.CacheInfo, $"StoreDir: {StorePath.DefaultStoreDirectory}\n", cancellationToken).ConfigureAwait(false);
        }
    }
}
