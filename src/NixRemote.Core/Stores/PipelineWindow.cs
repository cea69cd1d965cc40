namespace NixRemote.Stores;

/// <summary>
/// The requests that are on their way: bounded by their number and by the bytes of the answers that they bring. One
/// request always has room, however much its answer weighs. One task enters, another one leaves.
/// </summary>
internal sealed class PipelineWindow(int maxRequests, long maxBytes)
{
    private readonly object _lock = new();
    private int _requests;
    private long _bytes;
    private long _wanted;
    private TaskCompletionSource? _room;

    /// <summary>Enters if there is room now.</summary>
    public bool TryEnter(long bytes)
    {
        lock (_lock)
        {
            if (_requests > 0 && (_requests >= maxRequests || bytes > maxBytes - _bytes))
            {
                return false;
            }

            _requests++;
            _bytes += bytes;
            return true;
        }
    }

    /// <summary>Waits until so much has left that the next request surely gets in.</summary>
    public Task WaitAsync(long bytes, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (HasRoomFor(bytes))
            {
                return Task.CompletedTask;
            }

            _wanted = bytes;
            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Takes an answered request out.</summary>
    public void Leave(long bytes)
    {
        TaskCompletionSource? room = null;
        lock (_lock)
        {
            _requests--;
            _bytes -= bytes;
            if (HasRoomFor(_wanted))
            {
                room = _room;
                _room = null;
            }
        }

        room?.TrySetResult();
    }

    // At half of the window, so that requests leave in batches and not each in a packet of its own.
    private bool HasRoomFor(long bytes) => _requests == 0 || (_requests <= maxRequests / 2 && bytes <= maxBytes - _bytes);
}
