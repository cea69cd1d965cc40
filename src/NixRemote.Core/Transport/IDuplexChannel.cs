namespace NixRemote.Transport;

/// <summary>
/// A byte stream in each direction to one program, with its standard error beside: an SSH exec channel, a local
/// process, or a Unix socket (which has no standard error).
/// </summary>
/// <remarks>
/// One reader and one writer may work at the same time. Reads and writes have backpressure: a slow reader makes
/// the remote wait, never this process grow. Disposing closes both directions and, with them, ends the remote
/// program; it never blocks longer than 2 s.
/// </remarks>
public interface IDuplexChannel : IAsyncDisposable
{
    /// <summary>What is at the other end, for messages: <c>nix-daemon --stdio on b28</c>.</summary>
    string Description { get; }

    /// <summary>Bytes from the remote. Ends (read of 0) when the remote closes or dies; throws
    /// <see cref="NixRemoteException"/> (ConnectionLost) when the transport itself broke.</summary>
    Stream Input { get; }

    /// <summary>Bytes to the remote. Disposing it sends end-of-file. Writing throws <see cref="IOException"/> when the remote has ended,
    /// and <see cref="NixRemoteException"/> (ConnectionLost) when the transport itself broke.</summary>
    Stream Output { get; }

    /// <summary>The remote's standard error, drained at all times.</summary>
    StandardErrorLog StandardError { get; }

    /// <summary>Completes when the remote program has ended: its exit status, or null if it is not known
    /// (killed by a signal, transport lost, or a socket).</summary>
    Task<int?> Exited { get; }

    /// <summary>Breaks the channel at once, from any thread: pending reads and writes fail.</summary>
    void Abort();
}
