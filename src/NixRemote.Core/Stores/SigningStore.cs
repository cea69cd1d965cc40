using System.Runtime.CompilerServices;
using NixRemote.StoreObjects;

namespace NixRemote.Stores;

/// <summary>A store that is given each path with a signature by our key.</summary>
public class SigningStore : INixStore
{
    private readonly INixStore _inner;
    private readonly PathSigner _signer;

    /// <summary>Wraps a store.</summary>
    /// <param name="inner">The store, owned from here on.</param>
    /// <param name="signer">What signs.</param>
    public SigningStore(INixStore inner, PathSigner signer)
    {
        _inner = inner;
        _signer = signer;
    }

    /// <inheritdoc/>
    public string Name => _inner.Name;

    /// <inheritdoc/>
    public int Channels => _inner.Channels;

    /// <inheritdoc/>
    public string? FileOf(StorePath path) => _inner.FileOf(path);

    /// <inheritdoc/>
    public Task<IReadOnlySet<StorePath>> QueryValidPathsAsync(
        IReadOnlyCollection<StorePath> paths, bool protect, bool substitute, CancellationToken cancellationToken) =>
        _inner.QueryValidPathsAsync(paths, protect, substitute, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<StorePath, PathInfo>> QueryPathInfosAsync(
        IReadOnlyCollection<StorePath> paths, CancellationToken cancellationToken) =>
        _inner.QueryPathInfosAsync(paths, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<NarItem> ReadNarsAsync(IReadOnlyList<PathInfo> paths, CancellationToken cancellationToken) =>
        _inner.ReadNarsAsync(paths, cancellationToken);

    /// <inheritdoc/>
    public Task AddPathsAsync(int count, IAsyncEnumerable<NarItem> items, CancellationToken cancellationToken) =>
        _inner.AddPathsAsync(count, SignAsync(items, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return _inner.DisposeAsync();
    }

    private async IAsyncEnumerable<NarItem> SignAsync(IAsyncEnumerable<NarItem> items, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var item in items.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return item with { Info = _signer.Sign(item.Info) };
        }
    }
}
