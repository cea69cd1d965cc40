using System.Runtime.CompilerServices;
using NixRemote.StoreObjects;

namespace NixRemote.Stores;

/// <summary>
/// A store over several connections. They are opened when an operation needs one and none is idle, up to a limit; the one
/// that was used last is used next; callers above the limit wait in the order in which they came. Connections stay open
/// until this is disposed, and with them what they protect from the garbage collector.
/// </summary>
public sealed partial class PooledStore : IBuildStore, ISignatureStore
{
    private readonly Func<CancellationToken, Task<IStoreConnection>> _open;
    private readonly IAsyncDisposable? _transport;

    /// <summary>Makes a pool; nothing is opened yet.</summary>
    /// <param name="name">The store as the user wrote it.</param>
    /// <param name="maxConnections">The most connections at a time.</param>
    /// <param name="open">Opens one.</param>
    /// <param name="transport">What the connections run over, disposed after them; null: nothing.</param>
    public PooledStore(
        string name, int maxConnections, Func<CancellationToken, Task<IStoreConnection>> open, IAsyncDisposable? transport = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxConnections);
        Name = name;
        MaxConnections = maxConnections;
        _open = open;
        _transport = transport;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>The most connections at a time.</summary>
    public int MaxConnections { get; }

    /// <inheritdoc/>
    public int Channels => MaxConnections;

    /// <inheritdoc/>
    public Task<StoreConnectionInfo> ConnectAsync(CancellationToken cancellationToken) =>
        RunAsync(connection => connection.ConnectAsync(cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlySet<StorePath>> QueryValidPathsAsync(
        IReadOnlyCollection<StorePath> paths, bool protect, bool substitute, CancellationToken cancellationToken) =>
        RunAsync(connection => connection.QueryValidPathsAsync(paths, protect, substitute, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<StorePath, PathInfo>> QueryPathInfosAsync(
        IReadOnlyCollection<StorePath> paths, CancellationToken cancellationToken) =>
        RunAsync(connection => connection.QueryPathInfosAsync(paths, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task AddSignaturesAsync(StorePath path, IReadOnlyCollection<string> signatures, CancellationToken cancellationToken) =>
        RunAsync(async connection =>
        {
            var store = connection as ISignatureStore ?? throw new NixRemoteException(NixErrors.StoreTakesNoSignatures,
                $"{Name} speaks the serve protocol, which cannot add signatures to a path that is there.")
            {
                Builder = Name,
                Target = path.ToString(),
            };
            await store.AddSignaturesAsync(path, signatures, cancellationToken).ConfigureAwait(false);
            return true;
        }, cancellationToken);

    /// <inheritdoc/>
    public async Task<BuildResult> BuildDerivationAsync(
        BasicDerivation derivation, BuildOptions options, Action<StoreEvent>? events, CancellationToken cancellationToken)
    {
        // Never tried again here: a build has no answer until it ends, so no answer does not say that nothing was done.
        await using var lease = await RentAsync(cancellationToken).ConfigureAwait(false);
        return await lease.Connection.BuildDerivationAsync(derivation, options, events, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<BuildResult> BuildGoalAsync(DerivedPath goal, BuildOptions options, Action<StoreEvent>? events, CancellationToken cancellationToken)
    {
        await using var lease = await RentAsync(cancellationToken).ConfigureAwait(false);
        return await lease.Connection.BuildGoalAsync(goal, options, events, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<NarItem> ReadNarsAsync(
        IReadOnlyList<PathInfo> paths, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (paths.Count == 0)
        {
            yield break;
        }

        await using var lease = await RentAsync(cancellationToken).ConfigureAwait(false);
        await foreach (var item in lease.Connection.ReadNarsAsync(paths, cancellationToken))
        {
            yield return item;
        }
    }

    /// <inheritdoc/>
    public async Task AddPathsAsync(int count, IAsyncEnumerable<NarItem> items, CancellationToken cancellationToken)
    {
        await using var lease = await RentAsync(cancellationToken).ConfigureAwait(false);
        await lease.Connection.AddPathsAsync(count, items, cancellationToken).ConfigureAwait(false);
    }

    private async Task<T> RunAsync<T>(Func<IStoreConnection, Task<T>> operation, CancellationToken cancellationToken)
    {
        await using (var lease = await RentAsync(cancellationToken).ConfigureAwait(false))
        {
            try
            {
                return await operation(lease.Connection).ConfigureAwait(false);
            }
            catch (NixRemoteException) when (HadDied(lease))
            {
                // It had died while it was idle, so nothing was done: a fresh one may do it.
            }
        }

        await using var fresh = await RentFreshAsync(cancellationToken).ConfigureAwait(false);
        return await operation(fresh.Connection).ConfigureAwait(false);
    }

    private static bool HadDied(StoreLease lease) =>
        lease.IsReused && lease.Connection is StoreConnection { IsUsable: false, WasUnanswered: true };
}
