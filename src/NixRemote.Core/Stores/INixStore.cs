using NixRemote.StoreObjects;

namespace NixRemote.Stores;

/// <summary>
/// A store: something that holds store objects. Calls may run at the same time unless the implementation says
/// otherwise. Every failure is a <see cref="NixRemoteException"/> whose Builder is <see cref="Name"/>, or an
/// <see cref="OperationCanceledException"/>.
/// </summary>
public interface INixStore : IAsyncDisposable
{
    /// <summary>The store as the user wrote it, for messages.</summary>
    string Name { get; }

    /// <summary>Transfers that it can do at a time, each over a channel of its own.</summary>
    int Channels => 1;

    /// <summary>The file or folder of a path where this machine sees it; null if it does not.</summary>
    string? FileOf(StorePath path) => null;

    /// <summary>Which of the paths are valid.</summary>
    /// <param name="paths">The paths; any number, sent in batches.</param>
    /// <param name="protect">Keep the garbage collector from them as long as this store object is open.</param>
    /// <param name="substitute">Let the store fetch missing ones from its substituters first.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    Task<IReadOnlySet<StorePath>> QueryValidPathsAsync(
        IReadOnlyCollection<StorePath> paths, bool protect, bool substitute, CancellationToken cancellationToken);

    /// <summary>The infos of those of the paths that are valid. Requests are pipelined.</summary>
    Task<IReadOnlyDictionary<StorePath, PathInfo>> QueryPathInfosAsync(
        IReadOnlyCollection<StorePath> paths, CancellationToken cancellationToken);

    /// <summary>
    /// The archives of valid paths, in the order given. Requests are pipelined as far as memory stays bounded. Each
    /// stream must be read to its end, or the enumeration given up, before the next item is asked for.
    /// </summary>
    IAsyncEnumerable<NarItem> ReadNarsAsync(IReadOnlyList<PathInfo> paths, CancellationToken cancellationToken);

    /// <summary>
    /// Adds paths, references first. Nothing waits for an answer a path: requests are pipelined (serve, worker
    /// before 1.32) or go in one stream (worker ≥ 1.32).
    /// </summary>
    /// <param name="count">How many items come.</param>
    /// <param name="items">The paths with their archives, in topological order.</param>
    /// <param name="cancellationToken">Ends the call; the store keeps the paths that were complete.</param>
    Task AddPathsAsync(int count, IAsyncEnumerable<NarItem> items, CancellationToken cancellationToken);
}
