using System.Runtime.CompilerServices;
using NixRemote.StoreObjects;

namespace NixRemote.Stores;

/// <summary>A store whose paths leave it only if their content address or a trusted key vouches for them (nar.md §4.3).</summary>
public class TrustingStore : INixStore
{
    private readonly INixStore _inner;
    private readonly TrustedKeys _keys;

    /// <summary>Wraps a store.</summary>
    /// <param name="inner">The store, owned from here on.</param>
    /// <param name="keys">The keys that are trusted.</param>
    public TrustingStore(INixStore inner, TrustedKeys keys)
    {
        _inner = inner;
        _keys = keys;
    }

    /// <inheritdoc/>
    public string Name => _inner.Name;

    /// <inheritdoc/>
    public int Channels => _inner.Channels;

    /// <summary>Wraps a store so that it can still build if it could.</summary>
    /// <inheritdoc cref="TrustingStore(INixStore, TrustedKeys)" path="/param"/>
    public static TrustingStore Of(INixStore inner, TrustedKeys keys) =>
        inner is IBuildStore builder ? new TrustingBuildStore(builder, keys) : new TrustingStore(inner, keys);

    /// <inheritdoc/>
    public Task<IReadOnlySet<StorePath>> QueryValidPathsAsync(
        IReadOnlyCollection<StorePath> paths, bool protect, bool substitute, CancellationToken cancellationToken) =>
        _inner.QueryValidPathsAsync(paths, protect, substitute, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<StorePath, PathInfo>> QueryPathInfosAsync(
        IReadOnlyCollection<StorePath> paths, CancellationToken cancellationToken) =>
        _inner.QueryPathInfosAsync(paths, cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="NixRemoteException">SignatureMissing, before any archive comes.</exception>
    public async IAsyncEnumerable<NarItem> ReadNarsAsync(
        IReadOnlyList<PathInfo> paths, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A signature is of hash and size, and those are what the archives are checked against on their way.
        foreach (var info in paths)
        {
            _keys.Demand(info, _inner.Name);
        }

        await foreach (var item in _inner.ReadNarsAsync(paths, cancellationToken))
        {
            yield return item;
        }
    }

    /// <inheritdoc/>
    public Task AddPathsAsync(int count, IAsyncEnumerable<NarItem> items, CancellationToken cancellationToken) =>
        _inner.AddPathsAsync(count, items, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return _inner.DisposeAsync();
    }
}
