using System.Diagnostics;

namespace NixRemote.Adapters.Ssh;

/// <summary>How much a server takes on a channel before it widens the window (RFC 4254 §5.2). One writer at a time.</summary>
internal sealed class SendWindow
{
    private readonly object _lock = new();
    private readonly AsyncSignal _widened = new();
    private long _left;
    private long _largest;
    private bool _isExhausted;
    private long _exhaustedAt;
    private int _maxPacket;
    private NixRemoteException? _failure;
    private string? _ended;

    /// <summary>Sets what the server allows when the channel opens.</summary>
    public void Open(uint window, uint maxPacket)
    {
        lock (_lock)
        {
            _left = window;
            _maxPacket = (int)Math.Clamp(maxPacket, 1, SshLimits.MaxSendPacket);
        }
    }

    /// <summary>The server takes more.</summary>
    /// <returns>False if the window would be larger than the protocol allows.</returns>
    public bool Widen(uint bytes)
    {
        lock (_lock)
        {
            _left += bytes;
            if (_left > uint.MaxValue)
            {
                return false;
            }

            // Servers widen by a few packets at a time. All that the window had is on its way to the program, so that
            // a good part of it comes back whatever the program does; to wake the writer for each packet is not worth it,
            // unless it has waited: on a long way, time is what the window lacks.
            _largest = Math.Max(_largest, _left);
            if (_isExhausted && _left < Math.Min(_largest / 4, SshLimits.SendBurst) && Stopwatch.GetElapsedTime(_exhaustedAt) < SshLimits.SendBurstWait)
            {
                return true;
            }

            _isExhausted = false;
        }

        _widened.Set();
        return true;
    }

    /// <summary>Ends all waiting: nothing more can be sent.</summary>
    public void Fail(NixRemoteException failure)
    {
        lock (_lock)
        {
            _failure ??= failure;
        }

        _widened.Set();
    }

    /// <summary>Ends all waiting: the other end reads no more, as with any pipe whose reader has gone.</summary>
    public void End(string message)
    {
        lock (_lock)
        {
            _ended ??= message;
        }

        _widened.Set();
    }

    /// <summary>Takes room for one packet, waits if there is none.</summary>
    /// <returns>How many bytes may be sent, 1 to <paramref name="wanted"/>.</returns>
    public async ValueTask<int> TakeAsync(int wanted, CancellationToken cancellationToken)
    {
        while (true)
        {
            lock (_lock)
            {
                if (_failure is not null)
                {
                    throw SshFailures.Again(_failure);
                }

                if (_ended is not null)
                {
                    throw new IOException(_ended);
                }

                if (_left > 0 && !_isExhausted)
                {
                    var taken = (int)Math.Min(_left, Math.Min(wanted, _maxPacket));
                    _left -= taken;
                    if (_left == 0)
                    {
                        (_isExhausted, _exhaustedAt) = (true, Stopwatch.GetTimestamp());
                    }

                    return taken;
                }

                _widened.Arm();
            }

            await _widened.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
