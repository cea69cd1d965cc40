using NixRemote.StoreObjects;
using NixRemote.Stores;
using NixRemote.Tests.Stores;

namespace NixRemote.Benchmarks;

/// <summary>A store that takes a generated closure, keeps no more of it than which paths came, and tells of them in texts of its own, as a builder does
/// over a connection.</summary>
internal sealed class GeneratedBuilder(string name, GeneratedClosure closure, int count) : INixStore
{
    private readonly bool[] _valid = new bool[count];

    public string Name => name;

    /// <summary>How many paths it has.</summary>
    public int Count => _valid.Count(isValid => isValid);

    public Task<IReadOnlySet<StorePath>> QueryValidPathsAsync(IReadOnlyCollection<StorePath> paths, bool protect, bool substitute, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlySet<StorePath>>(paths.Where(Has).ToHashSet());

    public Task<IReadOnlyDictionary<StorePath, PathInfo>> QueryPathInfosAsync(IReadOnlyCollection<StorePath> paths, CancellationToken cancellationToken) =>
        closure.QueryPathInfosAsync([.. paths.Where(Has)], cancellationToken);

    public IAsyncEnumerable<NarItem> ReadNarsAsync(IReadOnlyList<PathInfo> paths, CancellationToken cancellationToken) => closure.ReadNarsAsync(paths, cancellationToken);

    public async Task AddPathsAsync(int count, IAsyncEnumerable<NarItem> items, CancellationToken cancellationToken)
    {
        await foreach (var item in items.WithCancellation(cancellationToken))
        {
            await item.Nar.CopyToAsync(Stream.Null, cancellationToken);
            _valid[GeneratedClosure.IndexOf(item.Info.Path)] = true;
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private bool Has(StorePath path) => _valid[GeneratedClosure.IndexOf(path)];
}
