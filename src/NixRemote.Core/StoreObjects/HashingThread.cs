using System.Security.Cryptography;
using System.Threading.Tasks.Sources;

namespace NixRemote.StoreObjects;

/// <summary>Hashes pieces on a thread of the pool, one at a time, so that the next can be read meanwhile. Allocates nothing for a piece.</summary>
internal sealed class HashingThread : IThreadPoolWorkItem, IValueTaskSource, IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private ManualResetValueTaskSourceCore<bool> _done;
    private ReadOnlyMemory<byte> _piece;

    /// <summary>Begins to hash a piece. The task before must have been awaited.</summary>
    /// <returns>Ends when the piece's memory may be used again; to be awaited once.</returns>
    public ValueTask AppendAsync(ReadOnlyMemory<byte> piece)
    {
        _piece = piece;
        _done.Reset();
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return new ValueTask(this, _done.Version);
    }

    /// <summary>The SHA-256 of all pieces.</summary>
    public NixHash Take() => new(NixHashAlgorithm.Sha256, _hash.GetHashAndReset());

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();

    void IThreadPoolWorkItem.Execute()
    {
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

    void IValueTaskSource.GetResult(short token) => _done.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _done.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _done.OnCompleted(continuation, state, token, flags);
}
