namespace NixRemote.Stores;

/// <summary>
/// Chooses the moment at which the connection of a build that is not wanted any more is broken. Nix 2.34 notices a hang-up
/// by a signal to its thread, and loses it if the thread is just about to wait for the next line: the build then runs on
/// until it writes something, for ever if it does not. So the connection is broken while the remote is quiet, when its thread is
/// known to wait; a build that goes on writing is cut all the same after <see cref="Longest"/>, for its next line wakes that thread.
/// </summary>
internal sealed class BuildHangUp : IDisposable
{
    /// <summary>How long the remote must have said nothing: it then waits, even on a machine under load.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(250);

    /// <summary>How long after the build is not wanted any more the connection is broken in any case.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _moment = new();
    private readonly CancellationTokenRegistration _registration;
    private readonly object _lock = new();
    private long _lastActivity = Environment.TickCount64;
    private long? _begun;
    private bool _isDisposed;

    /// <summary>Begins to watch, with the sending of the request as the first activity.</summary>
    /// <param name="cancellationToken">Cancels the build.</param>
    public BuildHangUp(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            _moment.Cancel();
            return;
        }

        _registration = cancellationToken.UnsafeRegister(static self => ((BuildHangUp)self!).Begin(), this);
    }

    /// <summary>Cancelled when the connection is to be broken.</summary>
    public CancellationToken Moment => _moment.Token;

    /// <summary>The build is not wanted any more: as its cancellation says too.</summary>
    public void Begin()
    {
        lock (_lock)
        {
            _begun ??= Environment.TickCount64;
            Schedule();
        }
    }

    /// <summary>The remote has said something.</summary>
    public void OnActivity()
    {
        lock (_lock)
        {
            _lastActivity = Environment.TickCount64;
            Schedule();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _registration.Dispose();
        lock (_lock)
        {
            _isDisposed = true;
            _moment.Dispose();
        }
    }

    private void Schedule()
    {
        if (_begun is { } begun && !_isDisposed)
        {
            var due = Math.Min(_lastActivity + (long)Quiet.TotalMilliseconds, begun + (long)Longest.TotalMilliseconds);
            _moment.CancelAfter((int)Math.Max(0, due - Environment.TickCount64));
        }
    }
}
