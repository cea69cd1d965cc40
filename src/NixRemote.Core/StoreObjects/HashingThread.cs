using System.Security.Cryptography;
using System.Threading.Tasks.Sources;

namespace NixRemote.StoreObjects;

/// <summary>
/// Hashes pieces on a thread of the pool, one at a time, so that the next can be read meanwhile. Where no thread has begun a piece by the
/// time it is waited for, the processors being busy, the one who waits hashes it: so it is never slower than hashing alone.
/// Allocates nothing for a piece.
/// </summary>
internal sealed class HashingThread : IThreadPoolWorkItem, IValueTaskSource, IDisposable
{
    private const int Idle = 0;
    private const int Queued = 1;
    private const int Running = 2;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private ManualResetValueTaskSourceCore<bool> _done;
    private ReadOnlyMemory<byte> _piece;
    private int _state;

    /// <summary>Begins to hash a piece, whose memory must stay as it is until <see cref="FinishAsync"/> has ended. The piece before must have been
    /// finished.</summary>
    public void Begin(ReadOnlyMemory<byte> piece)
    {
        _piece = piece;
        _done.Reset();
        Volatile.Write(ref _state, Queued);
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Ends when the piece that was begun is hashed; at once if none is. To be awaited once.</summary>
    public ValueTask FinishAsync()
    {
        switch (Interlocked.CompareExchange(ref _state, Running, Queued))
        {
            case Idle:
                return ValueTask.CompletedTask;
            case Queued:
                // The pool's item finds nothing to do, or the piece after this one.
                _hash.AppendData(_piece.Span);
                Volatile.Write(ref _state, Idle);
                return ValueTask.CompletedTask;
            default:
                return new ValueTask(this, _done.Version);
        }
    }

    /// <summary>The SHA-256 of all pieces.</summary>
    public NixHash Take() => new(NixHashAlgorithm.Sha256, _hash.GetHashAndReset());

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();

    void IThreadPoolWorkItem.Execute()
    {
        if (Interlocked.CompareExchange(ref _state, Running, Queued) != Queued)
        {
            return;
        }

        try
        {
            _hash.AppendData(_piece.Span);
            _done.SetResult(true);
        }
        catch (CryptographicException exception)
        {
            _done.SetException(exception);
        }
    }

    void IValueTaskSource.GetResult(short token)
    {
        Volatile.Write(ref _state, Idle);
        _done.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _done.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _done.OnCompleted(continuation, state, token, flags);
}
