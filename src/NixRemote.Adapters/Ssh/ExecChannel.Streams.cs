using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Renci.SshNet.Messages;
using Renci.SshNet.Messages.Connection;

namespace NixRemote.Adapters.Ssh;

/// <summary>The side that the user reads, writes and closes.</summary>
internal sealed partial class ExecChannel
{
    private readonly object _endLock = new();
    private bool _endSent;
    private bool _closeSent;
    private int _disposed;

    /// <summary>Reads what the program has written; 0 at the end.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        var count = await _received.ReadAsync(destination, cancellationToken).ConfigureAwait(false);
        if (count > 0 && _received.Consume(count) is > 0 and var grant)
        {
            Widen(grant);
        }

        return count;
    }

    /// <summary>Sends bytes to the program; waits while it, or the link, does not take them.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        byte[]? copy = null;
        if (!MemoryMarshal.TryGetArray(data, out var segment))
        {
            copy = ArrayPool<byte>.Shared.Rent(data.Length);
            data.CopyTo(copy);
            segment = new ArraySegment<byte>(copy, 0, data.Length);
        }

        try
        {
            while (segment.Count > 0)
            {
                var count = await _sendWindow.TakeAsync(segment.Count, cancellationToken).ConfigureAwait(false);
                try
                {
                    await _session.WaitForUplinkAsync(count, cancellationToken).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    _sendWindow.Widen((uint)count);
                    throw;
                }

                // SSH_MSG_CHANNEL_DATA: uint32 their number, string data.
                _session.Send(new ChannelDataMessage(_remoteNumber, segment.Array!, segment.Offset, count));
                segment = segment[count..];
            }
        }
        finally
        {
            if (copy is not null)
            {
                ArrayPool<byte>.Shared.Return(copy);
            }
        }
    }

    /// <summary>Says that no more bytes come, as soon as the link takes it.</summary>
    public void End() => _session.InBackground(async () =>
    {
        await _session.WaitForUplinkAsync(0, CancellationToken.None).ConfigureAwait(false);
        lock (_endLock)
        {
            if (!_endSent)
            {
                _endSent = true;

                // SSH_MSG_CHANNEL_EOF: uint32 their number.
                SendIfOpen(new ChannelEofMessage(_remoteNumber));
            }
        }
    });

    /// <summary>Whether there is a server's side of the channel to talk to.</summary>
    public bool IsOpen => _isOpen && !_closeSent;

    /// <summary>Asks the server for any answer.</summary>
    public void AskForLife() =>
        // SSH_MSG_CHANNEL_REQUEST: uint32 their number, string "keepalive@openssh.com", boolean want reply.
        _session.SendIfUplinkTakesIt(new ChannelRequestMessage(_remoteNumber, ChannelRequest.KeepAlive()));

    /// <inheritdoc/>
    public void Abort()
    {
        Fail(_session.Failure(NixErrors.ConnectionLost, $"{Description} was broken off on this side."));
        _session.InBackground(CloseAsync);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        Fail(_session.Failure(NixErrors.ConnectionLost, $"{Description} was closed on this side."));
        await CloseAsync().ConfigureAwait(false);
        EndError();
        _exited.TrySetResult(_exitStatus);
    }

    /// <summary>
    /// Closes the channel in both directions: the program sees its input end, and is asked to terminate if it still runs.
    /// Waits a little for the server to agree; the number is not used again before it does.
    /// </summary>
    private async Task CloseAsync()
    {
        if (!_isOpen || _closed.Task.IsCompleted)
        {
            return;
        }

        using var limit = new CancellationTokenSource(SshLimits.ChannelCloseTimeout);
        try
        {
            await _session.WaitForUplinkAsync(0, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The server takes nothing more. What hangs on the connection beside this channel decides.
            _session.GiveUpIfUnused(this);
            return;
        }

        if (_command is not null && !_exited.Task.IsCompleted)
        {
            // SSH_MSG_CHANNEL_REQUEST: uint32 their number, string "signal", boolean want reply (false), string name.
            SendIfOpen(new ChannelRequestMessage(_remoteNumber, ChannelRequest.Signal("TERM")));
        }

        SendClose();
        await _closed.Task.WaitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Tells the server that the channel is closed on this side too; once.</summary>
    internal void SendClose()
    {
        lock (_endLock)
        {
            if (_closeSent)
            {
                return;
            }

            _closeSent = true;

            // SSH_MSG_CHANNEL_CLOSE: uint32 their number.
            if (_isOpen)
            {
                _session.TrySend(new ChannelCloseMessage(_remoteNumber));
            }
        }
    }

    private void Widen(uint bytes) =>
        // SSH_MSG_CHANNEL_WINDOW_ADJUST: uint32 their number, uint32 bytes to add.
        SendIfOpen(new ChannelWindowAdjustMessage(_remoteNumber, bytes));

    private void SendIfOpen(Message message)
    {
        lock (_endLock)
        {
            if (_isOpen && !_closeSent)
            {
                _session.TrySend(message);
            }
        }
    }
}
