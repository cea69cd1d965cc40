using System.Runtime.CompilerServices;
using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Tests.Stores;

/// <summary>A store that has nothing, takes everything, and keeps no more than the names.</summary>
/// <param name="keepsNames">Whether it does.</param>
internal sealed class EmptyStore(bool keepsNames = true) : INixStore
{
    public string Name => "empty";

    /// <summary>What was added, in order.</summary>
    public List<StorePath> Added { get; } = [];

    public Task<IReadOnlySet<StorePath>> QueryValidPathsAsync(IReadOnlyCollection<StorePath> paths, bool protect, bool substitute, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlySet<StorePath>>(new HashSet<StorePath>());

    public Task<IReadOnlyDictionary<StorePath, PathInfo>> QueryPathInfosAsync(IReadOnlyCollection<StorePath> paths, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<StorePath, PathInfo>>(new Dictionary<StorePath, PathInfo>());

    public async IAsyncEnumerable<NarItem> ReadNarsAsync(IReadOnlyList<PathInfo> paths, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        yield break;
    }

    public async Task AddPathsAsync(int count, IAsyncEnumerable<NarItem> items, CancellationToken cancellationToken)
    {
        await foreach (var item in items.WithCancellation(cancellationToken))
        {
            await item.Nar.CopyToAsync(Stream.Null, cancellationToken);
            if (keepsNames)
            {
                Added.Add(item.Info.Path);
            }
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
