namespace NixRemote.Stores;

/// <summary>A connection for the use of one caller, until it is disposed: for operations that must go over the same one.</summary>
public sealed class StoreLease : IAsyncDisposable
{
    private readonly PooledStore _pool;
    private int _returned;

    internal StoreLease(PooledStore pool, IStoreConnection connection, bool isReused)
    {
        _pool = pool;
        Connection = connection;
        IsReused = isReused;
    }

    /// <summary>The connection.</summary>
    public IStoreConnection Connection { get; }

    /// <summary>Whether it was used before: then it may have died unnoticed since.</summary>
    public bool IsReused { get; }

    /// <summary>Gives the connection back; one that is not usable any more is closed.</summary>
    public ValueTask DisposeAsync() =>
        Interlocked.Exchange(ref _returned, 1) == 0 ? _pool.ReturnAsync(Connection) : ValueTask.CompletedTask;
}
