using System.Runtime.CompilerServices;

namespace NixRemote.Adapters.Ssh;

/// <summary>
/// The bytes that a channel has received and nobody has read yet, and the window that bounds them (RFC 4254 §5.2).
/// The window begins at <see cref="SshLimits.InitialWindow"/>, and doubles while half of it is read within a second and the
/// reader had to wait in that time: then it is the way that holds bytes, not this process. One thread writes, one reads.
/// </summary>
internal sealed class ReceiveBuffer(WindowBudget budget)
{
    private readonly object _lock = new();
    private readonly Queue<(byte[] Bytes, int Count)> _segments = new();
    private readonly AsyncSignal _readable = new();
    private byte[]? _last;
    private int _lastCount;
    private int _firstOffset;
    private long _unread;
    private int _limit = SshLimits.InitialWindow;
    private long _allowance = SshLimits.InitialWindow;
    private long _ungranted;
    private long _measured;
    private long _measuredAt = Environment.TickCount64;
    private bool _waited;
    private bool _ended;
    private NixRemoteException? _failure;

    /// <summary>Bytes that nobody has read yet.</summary>
    public long Unread
    {
        get
        {
            lock (_lock)
            {
                return _unread;
            }
        }
    }

    /// <summary>The size of the window.</summary>
    public int Window
    {
        get
        {
            lock (_lock)
            {
                return _limit;
            }
        }
    }

    /// <summary>Takes bytes of the server into account that are not for the reader, such as those of standard error.</summary>
    /// <returns>False if the server has sent more than its window.</returns>
    public bool TryTakeAllowance(int count)
    {
        lock (_lock)
        {
            _allowance -= count;
            return _allowance >= 0;
        }
    }

    /// <summary>Appends bytes that the server has sent.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            if (_ended)
            {
                return;
            }

            _unread += bytes.Length;
            while (!bytes.IsEmpty)
            {
                if (_last is null || _lastCount == _last.Length)
                {
                    Seal();
                    _last = SegmentPool.Rent();
                }

                var part = bytes[..Math.Min(bytes.Length, _last.Length - _lastCount)];
                part.CopyTo(_last.AsSpan(_lastCount));
                _lastCount += part.Length;
                bytes = bytes[part.Length..];
            }
        }

        _readable.Set();
    }

    /// <summary>Ends the stream after what is in it, or with a failure at once.</summary>
    public void Complete(NixRemoteException? failure)
    {
        lock (_lock)
        {
            if (failure is not null && _failure is null)
            {
                _failure = failure;
                Drop();
            }

            if (!_ended)
            {
                _ended = true;
                budget.Return(_limit - SshLimits.InitialWindow);
            }
        }

        _readable.Set();
    }

    /// <summary>Reads what is there, or waits for more; 0 at the end.</summary>
    /// <exception cref="NixRemoteException">The failure that <see cref="Complete"/> was given.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        while (true)
        {
            lock (_lock)
            {
                if (TryRead(destination.Span, out var count))
                {
                    return count;
                }

                _waited = true;
                _readable.Arm();
            }

            await _readable.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Counts bytes as read.</summary>
    /// <returns>By how much to widen the server's window now; 0 if it is not worth a message yet.</returns>
    public uint Consume(int count)
    {
        lock (_lock)
        {
            _ungranted += count;
            _measured += count;
            if (_ended)
            {
                return 0;
            }

            if (_measured >= _limit / 2)
            {
                Measure();
            }

            // In steps that are small beside the window: while one is on its way, the server sends what the others allow.
            if (_ungranted < Math.Min(_limit / 2, SshLimits.GrantStep))
            {
                return 0;
            }

            var grant = (uint)_ungranted;
            _allowance += grant;
            _ungranted = 0;
            return grant;
        }
    }

    /// <summary>Half the window was read: a larger one, if it was read in short time and the way could not keep up.</summary>
    private void Measure()
    {
        var (last, now) = (_measuredAt, Environment.TickCount64);
        if (_waited && now - last < 1000 && _limit < SshLimits.MaxWindow && budget.TryTake(_limit))
        {
            _ungranted += _limit;
            _limit *= 2;
        }

        (_measuredAt, _measured, _waited) = (now, 0, false);
    }

    private bool TryRead(Span<byte> destination, out int count)
    {
        count = 0;
        if (_failure is not null)
        {
            throw SshFailures.Again(_failure);
        }

        while (_unread > 0 && !destination.IsEmpty)
        {
            if (_segments.Count == 0)
            {
                Seal();
            }

            var (bytes, end) = _segments.Peek();
            var part = bytes.AsSpan(_firstOffset, Math.Min(destination.Length, end - _firstOffset));
            part.CopyTo(destination);
            destination = destination[part.Length..];
            _firstOffset += part.Length;
            _unread -= part.Length;
            count += part.Length;
            if (_firstOffset == end)
            {
                SegmentPool.Return(_segments.Dequeue().Bytes);
                _firstOffset = 0;
            }
        }

        return count > 0 || _ended || destination.IsEmpty;
    }

    /// <summary>Moves the segment that is being filled to those that are read.</summary>
    private void Seal()
    {
        if (_last is not null)
        {
            _segments.Enqueue((_last, _lastCount));
            (_last, _lastCount) = (null, 0);
        }
    }

    private void Drop()
    {
        Seal();
        while (_segments.TryDequeue(out var segment))
        {
            SegmentPool.Return(segment.Bytes);
        }

        (_unread, _firstOffset) = (0, 0);
    }
}
