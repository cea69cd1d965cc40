namespace NixRemote.Stores;

public sealed partial class PooledStore
{
    private readonly object _lock = new();

    // Invariant: _taken counts the connections that are leased, those that are being opened, and the permits that were
    // handed to waiters; _taken + _idle.Count ≤ MaxConnections. All open connections are in _all.
    private readonly Stack<IStoreConnection> _idle = new();
    private readonly HashSet<IStoreConnection> _all = [];
    private readonly Queue<TaskCompletionSource<IStoreConnection?>> _waiting = new();
    private int _taken;
    private bool _disposed;

    /// <summary>Takes a connection for the sole use of the caller, waiting for one if all are in use.</summary>
    /// <exception cref="NixRemoteException">What opening a connection throws, with this store as Builder.</exception>
    public Task<StoreLease> RentAsync(CancellationToken cancellationToken) => RentAsync(fresh: false, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        IStoreConnection[] connections;
        TaskCompletionSource<IStoreConnection?>[] waiting;
        lock (_lock)
        {
            _disposed = true;
            connections = [.. _all];
            waiting = [.. _waiting];
            _all.Clear();
            _idle.Clear();
            _waiting.Clear();
        }

        Array.ForEach(waiting, waiter => waiter.TrySetException(new ObjectDisposedException(nameof(PooledStore))));
        await Task.WhenAll(connections.Select(connection => connection.DisposeAsync().AsTask())).ConfigureAwait(false);
        if (_transport is not null)
        {
            await _transport.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Takes a leased connection back.</summary>
    internal async ValueTask ReturnAsync(IStoreConnection connection)
    {
        var usable = connection.IsUsable;
        lock (_lock)
        {
            usable &= !_disposed;
            if (!usable)
            {
                _all.Remove(connection);
            }

            Release(usable ? connection : null);
        }

        if (!usable)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private Task<StoreLease> RentFreshAsync(CancellationToken cancellationToken) => RentAsync(fresh: true, cancellationToken);

    private async Task<StoreLease> RentAsync(bool fresh, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var dropped = new List<IStoreConnection>();
        IStoreConnection? connection = null;
        TaskCompletionSource<IStoreConnection?>? waiter = null;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            while (connection is null && !(fresh && _taken + _idle.Count < MaxConnections) && _idle.TryPop(out var idle))
            {
                if (idle.IsUsable && !fresh)
                {
                    connection = idle;
                }
                else
                {
                    _all.Remove(idle);
                    dropped.Add(idle);
                }
            }

            if (connection is not null || _taken < MaxConnections)
            {
                _taken++;
            }
            else
            {
                waiter = new TaskCompletionSource<IStoreConnection?>(TaskCreationOptions.RunContinuationsAsynchronously);
                _waiting.Enqueue(waiter);
            }
        }

        await Task.WhenAll(dropped.Select(idle => idle.DisposeAsync().AsTask())).ConfigureAwait(false);
        if (waiter is not null)
        {
            connection = await WaitAsync(waiter, cancellationToken).ConfigureAwait(false);
            if (connection is not null && (fresh || !connection.IsUsable))
            {
                lock (_lock)
                {
                    _all.Remove(connection);
                }

                await connection.DisposeAsync().ConfigureAwait(false);
                connection = null;
            }
        }

        return connection is not null
            ? new StoreLease(this, connection, isReused: true)
            : new StoreLease(this, await OpenAsync(cancellationToken).ConfigureAwait(false), isReused: false);
    }

    private async Task<IStoreConnection?> WaitAsync(TaskCompletionSource<IStoreConnection?> waiter, CancellationToken cancellationToken)
    {
        await using var cancellation = cancellationToken.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource<IStoreConnection?>)state!).TrySetCanceled(token), waiter);
        return await waiter.Task.ConfigureAwait(false);
    }

    private async Task<IStoreConnection> OpenAsync(CancellationToken cancellationToken)
    {
        IStoreConnection connection;
        try
        {
            connection = await _open(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            lock (_lock)
            {
                Release(null);
            }

            if (exception is NixRemoteException failure)
            {
                failure.Builder = Name;
            }

            throw;
        }

        bool late;
        lock (_lock)
        {
            late = _disposed;
            if (!late)
            {
                _all.Add(connection);
            }
        }

        if (late)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw new ObjectDisposedException(nameof(PooledStore));
        }

        return connection;
    }

    // Gives a place back, with its connection if it has one: to the caller that waits longest, or to the idle ones.
    private void Release(IStoreConnection? connection)
    {
        while (_waiting.TryDequeue(out var waiter))
        {
            if (waiter.TrySetResult(connection))
            {
                return;
            }
        }

        _taken--;
        if (connection is not null)
        {
            _idle.Push(connection);
        }
    }
}
