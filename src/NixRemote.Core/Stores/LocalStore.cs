using System.Runtime.CompilerServices;
using NixRemote.StoreObjects;

namespace NixRemote.Stores;

/// <summary>
/// A store whose files this machine sees: archives and files are read from the disk, everything else goes through the
/// store. What is read from the disk is not hashed here: whoever adds it to a store hashes it there.
/// </summary>
public sealed class LocalStore : IBuildStore, ISignatureStore
{
    private readonly string _directory;

    /// <summary>Reads the files of a store from a directory.</summary>
    /// <param name="store">The store, owned from here on.</param>
    /// <param name="directory">Where its paths lie on this machine.</param>
    public LocalStore(PooledStore store, string directory)
    {
        Store = store;
        _directory = directory;
    }

    /// <summary>The store itself.</summary>
    public PooledStore Store { get; }

    /// <inheritdoc/>
    public string Name => Store.Name;

    /// <inheritdoc/>
    public int Channels => Store.Channels;

    /// <inheritdoc/>
    public Task<StoreConnectionInfo> ConnectAsync(CancellationToken cancellationToken) => Store.ConnectAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlySet<StorePath>> QueryValidPathsAsync(
        IReadOnlyCollection<StorePath> paths, bool protect, bool substitute, CancellationToken cancellationToken) =>
        Store.QueryValidPathsAsync(paths, protect, substitute, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<StorePath, PathInfo>> QueryPathInfosAsync(
        IReadOnlyCollection<StorePath> paths, CancellationToken cancellationToken) =>
        Store.QueryPathInfosAsync(paths, cancellationToken);

    /// <inheritdoc/>
    public Task AddPathsAsync(int count, IAsyncEnumerable<NarItem> items, CancellationToken cancellationToken) =>
        Store.AddPathsAsync(count, items, cancellationToken);

    /// <inheritdoc/>
    public Task AddSignaturesAsync(StorePath path, IReadOnlyCollection<string> signatures, CancellationToken cancellationToken) =>
        Store.AddSignaturesAsync(path, signatures, cancellationToken);

    /// <inheritdoc/>
    public Task<BuildResult> BuildDerivationAsync(
        BasicDerivation derivation, BuildOptions options, Action<StoreEvent>? events, CancellationToken cancellationToken) =>
        Store.BuildDerivationAsync(derivation, options, events, cancellationToken);

    /// <inheritdoc/>
    public Task<BuildResult> BuildGoalAsync(DerivedPath goal, BuildOptions options, Action<StoreEvent>? events, CancellationToken cancellationToken) =>
        Store.BuildGoalAsync(goal, options, events, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>From the disk, and not hashed; a path that is not there comes from the store.</remarks>
    public async IAsyncEnumerable<NarItem> ReadNarsAsync(
        IReadOnlyList<PathInfo> paths, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var i = 0; i < paths.Count;)
        {
            var elsewhere = paths.Skip(i).TakeWhile(info => FileOf(info.Path) is null).ToArray();
            if (elsewhere.Length > 0)
            {
                await foreach (var item in Store.ReadNarsAsync(elsewhere, cancellationToken))
                {
                    yield return item;
                }

                i += elsewhere.Length;
                continue;
            }

            await using var nar = new NarFileStream(FileOf(paths[i].Path)!);
            yield return new NarItem(paths[i], nar);
            i++;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Store.DisposeAsync();

    /// <inheritdoc/>
    public string? FileOf(StorePath path)
    {
        var file = Path.Combine(_directory, path.BaseName);
        return Path.Exists(file) || new FileInfo(file).LinkTarget is not null ? file : null;
    }
}
