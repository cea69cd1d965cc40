using System.Runtime.CompilerServices;
using NixRemote.StoreObjects;

namespace NixRemote.Stores;

/// <summary>
/// A store whose files this machine sees: archives and files are read from the disk, everything else goes through the
/// store. What is read from the disk is not hashed here: whoever adds it to a store hashes it there.
/// </summary>
/// <param name="store">The store, owned from here on.</param>
/// <param name="directory">Where its paths lie on this machine.</param>
public sealed class LocalStore(PooledStore store, string directory) : ForwardingBuildStore(store, store), ISignatureStore
{
    /// <inheritdoc/>
    public Task AddSignaturesAsync(StorePath path, IReadOnlyCollection<string> signatures, CancellationToken cancellationToken) =>
        store.AddSignaturesAsync(path, signatures, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>From the disk, and not hashed; a path that is not there comes from the store.</remarks>
    public override async IAsyncEnumerable<NarItem> ReadNarsAsync(
        IReadOnlyList<PathInfo> paths, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var i = 0; i < paths.Count;)
        {
            var elsewhere = paths.Skip(i).TakeWhile(info => FileOf(info.Path) is null).ToArray();
            if (elsewhere.Length > 0)
            {
                await foreach (var item in Inner.ReadNarsAsync(elsewhere, cancellationToken))
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
    public override string? FileOf(StorePath path)
    {
        var file = Path.Combine(directory, path.BaseName);
        return Path.Exists(file) || new FileInfo(file).LinkTarget is not null ? file : null;
    }
}
