using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using NixRemote.StoreObjects;

namespace NixRemote.Stores.BinaryCache;

/// <summary>
/// A binary cache (nar.md §4.1): in a folder, or over HTTP, where it is only read. What was asked of it once is kept: one
/// store object gives one answer. Nothing protects its paths, and it has no substituters.
/// </summary>
public sealed partial class BinaryCacheStore : INixStore, ISignatureStore
{
    private static readonly UTF8Encoding _utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly IBinaryCacheFiles _files;
    private readonly BinaryCacheOptions _options;
    private readonly ConcurrentDictionary<StorePath, NarInfo> _infos = new();
    private int _infosKept;
    private readonly SemaphoreSlim _opening = new(1);
    private bool _opened;

    internal BinaryCacheStore(string name, IBinaryCacheFiles files, BinaryCacheOptions options)
    {
        Name = name;
        _files = files;
        _options = options;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public int Channels => BinaryCacheLimits.Transfers;

    /// <summary>Whether its paths need no signature where others must have one.</summary>
    public bool IsTrusted => _options.IsTrusted;

    /// <summary>A cache in a folder of this machine, which is made with the first path that is added.</summary>
    /// <param name="name">The store as the user wrote it.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="options">How it is read and written.</param>
    public static BinaryCacheStore OfFolder(string name, string folder, BinaryCacheOptions options) =>
        new(name, new BinaryCacheFolder(folder), options);

    /// <inheritdoc/>
    public async Task<IReadOnlySet<StorePath>> QueryValidPathsAsync(
        IReadOnlyCollection<StorePath> paths, bool protect, bool substitute, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        var valid = new ConcurrentDictionary<StorePath, bool>();
        await ForEachAsync(paths, async (path, token) =>
        {
            if (_infos.ContainsKey(path) || await _files.ExistsAsync(NameOf(path), token).ConfigureAwait(false))
            {
                valid[path] = true;
            }
        }, cancellationToken).ConfigureAwait(false);
        return valid.Keys.ToHashSet();
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<StorePath, PathInfo>> QueryPathInfosAsync(
        IReadOnlyCollection<StorePath> paths, CancellationToken cancellationToken)
    {
        if (_files is BinaryCacheFolder { Exists: false } && paths.Count > 0)
        {
            throw Failure(NixErrors.CacheUnusable, "its folder does not exist");
        }

        await OpenAsync(cancellationToken).ConfigureAwait(false);
        var infos = new ConcurrentDictionary<StorePath, PathInfo>();
        await ForEachAsync(paths, async (path, token) =>
        {
            if (await QueryAsync(path, token).ConfigureAwait(false) is { } info)
            {
                infos[path] = info.Path;
            }
        }, cancellationToken).ConfigureAwait(false);
        return infos;
    }

    /// <inheritdoc/>
    /// <remarks>Archives are asked for ahead, and checked against the given infos, whatever the cache says by then.</remarks>
    public async IAsyncEnumerable<NarItem> ReadNarsAsync(
        IReadOnlyList<PathInfo> paths, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var ahead = new Queue<(PathInfo Info, Task<Stream> Archive)>();
        try
        {
            for (var next = 0; next < paths.Count || ahead.Count > 0;)
            {
                while (next < paths.Count && ahead.Count < _files.ArchivesAhead)
                {
                    ahead.Enqueue((paths[next], OpenArchiveAsync(paths[next], stop.Token)));
                    next++;
                }

                var (info, opening) = ahead.Dequeue();
                await using var archive = await opening.ConfigureAwait(false);
                yield return new NarItem(info, archive);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            foreach (var (_, opening) in ahead)
            {
                _ = opening.ContinueWith(
                    static done => done.Status == TaskStatus.RanToCompletion ? done.Result.DisposeAsync().AsTask() : Task.FromResult(done.Exception),
                    CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _files.Dispose();
        _opening.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string NameOf(StorePath path) => path.HashPart + ".narinfo";

    private async Task ForEachAsync(
        IReadOnlyCollection<StorePath> paths, Func<StorePath, CancellationToken, ValueTask> action, CancellationToken cancellationToken) =>
        await Parallel.ForEachAsync(paths.Distinct(),
            new ParallelOptions { MaxDegreeOfParallelism = _files.Requests, CancellationToken = cancellationToken }, action).ConfigureAwait(false);

    // nix-cache-info := "StoreDir: " path "\n" …; other keys are for substituters and do not matter here.
    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_opened)
            {
                return;
            }

            var content = await _files.ReadAsync(CacheFileName.CacheInfo, BinaryCacheLimits.CacheInfoBytes, cancellationToken).ConfigureAwait(false);
            if (content is null && _files.IsInfoRequired)
            {
                throw Failure(NixErrors.CacheUnusable, $"there is no {CacheFileName.CacheInfo}, so it is no binary cache");
            }

            const string Key = "StoreDir:";
            var line = content is null ? null : Array.Find(Encoding.UTF8.GetString(content).Split('\n'), l => l.StartsWith(Key, StringComparison.Ordinal));
            if (line?[Key.Length..].Trim() is { } directory && directory != StorePath.DefaultStoreDirectory)
            {
                throw Failure(NixErrors.CacheUnusable, $"it is for paths in '{directory}', not in {StorePath.DefaultStoreDirectory}");
            }

            _opened = true;
        }
        finally
        {
            _opening.Release();
        }
    }

    private async Task<NarInfo?> QueryAsync(StorePath path, CancellationToken cancellationToken)
    {
        if (_infos.TryGetValue(path, out var known))
        {
            return known;
        }

        var content = await _files.ReadAsync(NameOf(path), StoreObjectLimits.NarInfoBytes, cancellationToken).ConfigureAwait(false);
        return content is null ? null : Remember(Parse(path, content));
    }

    private NarInfo Remember(NarInfo info)
    {
        if (Interlocked.Increment(ref _infosKept) > BinaryCacheLimits.InfosKept)
        {
            // Memory must not grow with a closure. What was told of a path is held against its archive all the same.
            _infosKept = 0;
            _infos.Clear();
        }

        return _infos.GetOrAdd(info.Path.Path, info);
    }

    private NarInfo Parse(StorePath path, byte[] content)
    {
        try
        {
            var info = NarInfo.Parse(_utf8.GetString(content));
            return info.Path.Path != path ? throw Failure(NixErrors.NarInfoInvalid, $"its {NameOf(path)} is of '{info.Path.Path}', not of '{path}'")
                : CacheFileName.WhyNot(info.Url, _files.IsInfoRequired) is { } reason ? throw Failure(NixErrors.NarInfoInvalid, $"the URL in its {NameOf(path)} cannot be followed: {reason}")
                : info.Path.References.Count > WireLimits.References ? throw Failure(NixErrors.LimitExceeded, $"its {NameOf(path)} has more than {WireLimits.References} references")
                : info.Path.Signatures.Count > WireLimits.Signatures ? throw Failure(NixErrors.LimitExceeded, $"its {NameOf(path)} has more than {WireLimits.Signatures} signatures")
                : info;
        }
        catch (DecoderFallbackException exception)
        {
            throw About(new NixRemoteException(NixErrors.NarInfoInvalid, $"The file {NameOf(path)} of {Name} is not text.", exception), path);
        }
        catch (NixRemoteException exception)
        {
            throw About(exception, path);
        }
    }

    private async Task<Stream> OpenArchiveAsync(PathInfo info, CancellationToken cancellationToken)
    {
        try
        {
            var narInfo = await QueryAsync(info.Path, cancellationToken).ConfigureAwait(false) ?? throw NixStoreExtensions.NotValid(this, info.Path);
            if (!_options.Compressions.Readable.Contains(narInfo.Compression))
            {
                throw Failure(NixErrors.CompressionUnsupported,
                    $"the archive of '{info.Path}' is compressed with {narInfo.Compression}; what can be read is {string.Join(", ", _options.Compressions.Readable)}");
            }

            var file = await _files.OpenAsync(narInfo.Url, cancellationToken).ConfigureAwait(false)
                ?? throw Failure(NixErrors.CacheFileMissing, $"the file '{narInfo.Url}' with the archive of '{info.Path}' is not there");
            return new CacheArchiveStream(file, narInfo, info, _options.Compressions, failure => About(failure, info.Path));
        }
        catch (NixRemoteException exception)
        {
            throw About(exception, info.Path);
        }
    }

    private NixRemoteException Failure(ErrorDefinition definition, string reason) =>
        new(definition, $"The binary cache {Name} fails: {reason}.") { Builder = Name };

    private NixRemoteException About(NixRemoteException exception, StorePath path)
    {
        exception.Builder ??= Name;
        exception.Target ??= path.ToString();
        return exception;
    }
}
