using System.Runtime.CompilerServices;
using NixRemote.StoreObjects;

namespace NixRemote.Stores;

/// <summary>A store whose paths leave it only if their content address or a trusted key vouches for them (nar.md §4.3).</summary>
/// <param name="inner">The store, owned from here on.</param>
/// <param name="keys">The keys that are trusted.</param>
public sealed class TrustingStore(INixStore inner, TrustedKeys keys) : INixStore
{
    /// <inheritdoc/>
    public string Name => inner.Name;

    /// <inheritdoc/>
    public int Channels => inner.Channels;

    /// <inheritdoc/>
    public Task<IReadOnlySet<StorePath>> QueryValidPathsAsync(
        IReadOnlyCollection<StorePath> paths, bool protect, bool substitute, CancellationToken cancellationToken) =>
        inner.QueryValidPathsAsync(paths, protect, substitute, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<StorePath, PathInfo>> QueryPathInfosAsync(
        IReadOnlyCollection<StorePath> paths, CancellationToken cancellationToken) =>
        inner.QueryPathInfosAsync(paths, cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="NixRemoteException">SignatureMissing, before any archive comes.</exception>
    public async IAsyncEnumerable<NarItem> ReadNarsAsync(
        IReadOnlyList<PathInfo> paths, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A signature is of hash and size, and those are what the archives are checked against on their way.
        foreach (var info in paths)
        {
            keys.Demand(info, inner.Name);
        }

        await foreach (var item in inner.ReadNarsAsync(paths, cancellationToken))
        {
            yield return item;
        }
    }

    /// <inheritdoc/>
    public Task AddPathsAsync(int count, IAsyncEnumerable<NarItem> items, CancellationToken cancellationToken) =>
        inner.AddPathsAsync(count, items, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
