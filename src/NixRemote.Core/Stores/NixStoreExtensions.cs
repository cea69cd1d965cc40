using NixRemote.StoreObjects;

namespace NixRemote.Stores;

/// <summary>What every store can do through its operations.</summary>
public static class NixStoreExtensions
{
    /// <summary>The content of a path that is a plain file, such as a .drv.</summary>
    /// <param name="store">The store.</param>
    /// <param name="path">The path.</param>
    /// <param name="limit">The bytes that the file may have.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="NixRemoteException">PathNotValid: the store does not have it. NarInvalid: it is not a plain file.
    /// LimitExceeded. What the store throws.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadFileAsync(
        this INixStore store, StorePath path, int limit, CancellationToken cancellationToken) =>
        (await store.ReadFilesAsync([path], limit, cancellationToken).ConfigureAwait(false))[path];

    /// <summary>The contents of paths that are plain files: from the disk where the store's files are there, else out of
    /// their archives, for which nothing waits one by one.</summary>
    /// <inheritdoc cref="ReadFileAsync" path="/exception"/>
    public static async Task<IReadOnlyDictionary<StorePath, ReadOnlyMemory<byte>>> ReadFilesAsync(
        this INixStore store, IReadOnlyCollection<StorePath> paths, int limit, CancellationToken cancellationToken)
    {
        var contents = new Dictionary<StorePath, ReadOnlyMemory<byte>>(paths.Count);
        var elsewhere = new List<StorePath>();
        foreach (var path in paths.Distinct())
        {
            if (store.FileOf(path) is { } file && File.Exists(file))
            {
                contents[path] = await ReadAllAsync(file, path, limit, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                elsewhere.Add(path);
            }
        }

        if (elsewhere.Count > 0)
        {
            var infos = await store.QueryPathInfosAsync(elsewhere, cancellationToken).ConfigureAwait(false);
            if (elsewhere.Find(path => !infos.ContainsKey(path)) is { } missing)
            {
                throw NotValid(store, missing);
            }

            await foreach (var item in store.ReadNarsAsync([.. elsewhere.Select(path => infos[path])], cancellationToken))
            {
                contents[item.Info.Path] = await NarSingleFile.ReadAsync(item, limit, cancellationToken).ConfigureAwait(false);
            }
        }

        return contents;
    }

    /// <summary>The failure for a path that a store does not have.</summary>
    public static NixRemoteException NotValid(INixStore store, StorePath path) =>
        new(NixErrors.PathNotValid, $"{store.Name} does not have '{path}'.") { Builder = store.Name, Target = path.ToString() };

    private static async Task<byte[]> ReadAllAsync(string file, StorePath path, int limit, CancellationToken cancellationToken)
    {
        var size = new FileInfo(file).Length;
        return size <= limit
            ? await File.ReadAllBytesAsync(file, cancellationToken).ConfigureAwait(false)
            : throw new NixRemoteException(NixErrors.LimitExceeded, $"'{path}' has {size} bytes; a file of its kind may have {limit}.")
            {
                Target = path.ToString(),
            };
    }
}
