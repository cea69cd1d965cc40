using NixRemote.StoreObjects;

namespace NixRemote.Stores;

/// <summary>A store in front of another one: it does as that one does, but for what it overrides.</summary>
public abstract class ForwardingStore : INixStore
{
    /// <summary>Stands in front of a store.</summary>
    /// <param name="inner">The store, owned from here on.</param>
    private protected ForwardingStore(INixStore inner) => Inner = inner;

    /// <inheritdoc/>
    public string Name => Inner.Name;

    /// <inheritdoc/>
    public int Channels => Inner.Channels;

    private protected INixStore Inner { get; }

    /// <inheritdoc/>
    public virtual string? FileOf(StorePath path) => Inner.FileOf(path);

    /// <inheritdoc/>
    public Task<IReadOnlySet<StorePath>> QueryValidPathsAsync(
        IReadOnlyCollection<StorePath> paths, bool protect, bool substitute, CancellationToken cancellationToken) =>
        Inner.QueryValidPathsAsync(paths, protect, substitute, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<StorePath, PathInfo>> QueryPathInfosAsync(
        IReadOnlyCollection<StorePath> paths, CancellationToken cancellationToken) =>
        Inner.QueryPathInfosAsync(paths, cancellationToken);

    /// <inheritdoc/>
    public virtual IAsyncEnumerable<NarItem> ReadNarsAsync(IReadOnlyList<PathInfo> paths, CancellationToken cancellationToken) =>
        Inner.ReadNarsAsync(paths, cancellationToken);

    /// <inheritdoc/>
    public virtual Task AddPathsAsync(int count, IAsyncEnumerable<NarItem> items, CancellationToken cancellationToken) =>
        Inner.AddPathsAsync(count, items, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return Inner.DisposeAsync();
    }
}
