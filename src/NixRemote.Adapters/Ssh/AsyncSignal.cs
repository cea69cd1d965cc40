namespace NixRemote.Adapters.Ssh;

/// <summary>
/// Wakes one waiter. It carries no state of its own: the waiter looks at what it waits for again, so that a wake-up for
/// nothing is harmless and none is ever lost.
/// </summary>
internal sealed class AsyncSignal
{
    private readonly SemaphoreSlim _semaphore = new(0);
    private int _armed;

    /// <summary>Says that a wait follows. Call it under the lock of what is waited for.</summary>
    public void Arm() => Volatile.Write(ref _armed, 1);

    /// <summary>Waits for the next <see cref="Set"/> after <see cref="Arm"/>.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => _semaphore.WaitAsync(cancellationToken);

    /// <summary>Wakes the waiter, if there is one; its continuation never runs on the caller's thread.</summary>
    public void Set()
    {
        if (Interlocked.Exchange(ref _armed, 0) == 1)
        {
            _semaphore.Release();
        }
    }
}
