using System.Threading.Tasks.Sources;

namespace NixRemote.Adapters.Ssh;

/// <summary>
/// Wakes one waiter, without an allocation. It carries no state of its own: the waiter looks at what it waits for again, so
/// that a wake-up for nothing is harmless and none is ever lost.
/// </summary>
internal sealed class AsyncSignal : IValueTaskSource
{
    private readonly object _lock = new();
    private ManualResetValueTaskSourceCore<bool> _source = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _registration;
    private bool _armed;

    /// <summary>Says that a wait follows. Call it under the lock of what is waited for.</summary>
    public void Arm()
    {
        lock (_lock)
        {
            _source.Reset();
            _armed = true;
        }
    }

    /// <summary>Waits for the next <see cref="Set"/> after <see cref="Arm"/>.</summary>
    public ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        // Called at once if it is cancelled already; then there is nothing to dispose of later.
        var registration = cancellationToken.UnsafeRegister(
            static (signal, token) => ((AsyncSignal)signal!).Finish(new OperationCanceledException(token)), this);
        lock (_lock)
        {
            _registration = registration;
            return new ValueTask(this, _source.Version);
        }
    }

    /// <summary>Wakes the waiter, if there is one; its continuation never runs on the caller's thread.</summary>
    public void Set() => Finish(null);

    /// <inheritdoc/>
    void IValueTaskSource.GetResult(short token)
    {
        CancellationTokenRegistration registration;
        lock (_lock)
        {
            registration = _registration;
            _registration = default;
        }

        // Waits for a callback that runs: after that none can reach the next wait.
        registration.Dispose();
        _source.GetResult(token);
    }

    /// <inheritdoc/>
    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    /// <inheritdoc/>
    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private void Finish(OperationCanceledException? cancelled)
    {
        lock (_lock)
        {
            if (!_armed)
            {
                return;
            }

            _armed = false;
        }

        if (cancelled is null)
        {
            _source.SetResult(true);
        }
        else
        {
            _source.SetException(cancelled);
        }
    }
}
