using System.Buffers.Binary;
using System.Text;
using NixRemote.Transport;
using Renci.SshNet.Messages.Connection;

namespace NixRemote.Adapters.Ssh;

/// <summary>
/// One program on an SSH connection, or one connection that the server makes for us (RFC 4254 §6, §7.2): a channel with flow
/// control in both directions.
/// </summary>
internal sealed partial class ExecChannel : IDuplexChannel
{
    private const uint StandardErrorCode = 1;

    private readonly SshNetSession _session;
    private readonly ChannelOpenInfo _kind;
    private readonly string? _command;
    private readonly string _name;
    private readonly ReceiveBuffer _received = new(WindowBudget.Shared);
    private readonly SendWindow _sendWindow = new();
    private readonly ChannelInput _input;
    private readonly ChannelOutput _output;
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<int?> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly object _stateLock = new();
    private readonly object _errorLock = new();
    private uint _remoteNumber;
    private int? _exitStatus;
    private bool _isOpen;
    private bool _abandoned;
    private bool _execAnswered;
    private bool _errorEnded;

    /// <param name="session">The connection.</param>
    /// <param name="number">Our number for the channel.</param>
    /// <param name="command">The command line for the remote shell; null: none is run, the channel itself is the connection.</param>
    /// <param name="kind">The kind of channel.</param>
    /// <param name="name">What is at its other end, for messages.</param>
    public ExecChannel(SshNetSession session, uint number, string? command, ChannelOpenInfo kind, string name)
    {
        _session = session;
        _kind = kind;
        _command = command;
        _name = name;
        Number = number;
        _input = new ChannelInput(this);
        _output = new ChannelOutput(this);
    }

    /// <summary>Our number for the channel.</summary>
    public uint Number { get; }

    /// <inheritdoc/>
    public string Description => $"{_name} on {_session.Target}";

    /// <inheritdoc/>
    public Stream Input => _input;

    /// <inheritdoc/>
    public Stream Output => _output;

    /// <inheritdoc/>
    public StandardErrorLog StandardError { get; } = new();

    /// <inheritdoc/>
    public Task<int?> Exited => _exited.Task;

    /// <summary>Completes when the server has closed the channel, or the connection is lost.</summary>
    public Task Closed => _closed.Task;

    /// <summary>Bytes that nobody has read yet, for tests and traces.</summary>
    internal long Unread => _received.Unread;

    /// <summary>The size of the receive window, for tests and traces.</summary>
    internal int Window => _received.Window;

    /// <summary>
    /// Opens the channel and starts the command. The answer to the command is not waited for, which saves a round trip: a
    /// refusal fails the first read.
    /// </summary>
    /// <exception cref="NixRemoteException">ChannelRefused, ConnectionLost.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        // SSH_MSG_CHANNEL_OPEN: string kind, uint32 our number, uint32 window, uint32 largest packet, then the kind's own fields.
        _session.Send(new ChannelOpenMessage(Number, SshLimits.InitialWindow, SshLimits.MaxReceivePacket, _kind));
        try
        {
            await _opened.Task.WaitAsync(SshLimits.ChannelOpenTimeout, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or TimeoutException)
        {
            bool isOpen;
            lock (_stateLock)
            {
                // Whenever the server confirms it after all, it is closed at once.
                _abandoned = true;
                isOpen = _isOpen;
            }

            if (isOpen)
            {
                _session.InBackground(CloseAsync);
            }

            if (e is TimeoutException)
            {
                throw _session.GiveUp($"no answer to the opening of a channel within {SshLimits.ChannelOpenTimeout.TotalSeconds:0} s", e);
            }

            throw;
        }

        if (_command is not null)
        {
            // SSH_MSG_CHANNEL_REQUEST: uint32 their number, string "exec", boolean want reply, string command.
            _session.Send(new ChannelRequestMessage(_remoteNumber, ChannelRequest.Exec(_command)));
        }
    }

    /// <summary>SSH_MSG_CHANNEL_OPEN_CONFIRMATION: uint32 our number, uint32 their number, uint32 window, uint32 largest packet.</summary>
    public void OnOpened(ChannelOpenConfirmationMessage message)
    {
        bool abandoned;
        lock (_stateLock)
        {
            _remoteNumber = message.RemoteChannelNumber;
            _isOpen = true;
            abandoned = _abandoned;
        }

        _sendWindow.Open(message.InitialWindowSize, message.MaximumPacketSize);
        if (abandoned)
        {
            _session.InBackground(CloseAsync);
        }

        _opened.TrySetResult();
    }

    /// <summary>SSH_MSG_CHANNEL_OPEN_FAILURE: uint32 our number, uint32 reason, string text, string language.</summary>
    public void OnRefused(ChannelOpenFailureMessage message)
    {
        FailOpening(_session.Failure(NixErrors.ChannelRefused,
            $"{_session.Target} refused to open a channel for '{_name}': {ReasonOf(message.ReasonCode)} ({StandardErrorLog.StripControlSequences(message.Description)})."));
        _closed.TrySetResult();
    }

    /// <summary>The reason codes of RFC 4254 §5.1.</summary>
    private static string ReasonOf(uint code) => code switch
    {
        1 => "it is administratively prohibited",
        2 => "the connection failed",
        3 => "it does not know that kind",
        4 => "it is short of resources",
        _ => $"reason {code}",
    };

    /// <summary>SSH_MSG_CHANNEL_FAILURE for the exec request: uint32 our number.</summary>
    public void OnRequestFailed()
    {
        // Answers come in the order of the requests, and the first one is exec.
        if (_execAnswered)
        {
            return;
        }

        _execAnswered = true;
        Fail(_session.Failure(NixErrors.CommandRefused, $"{_session.Target} refused to run '{_name}'."));
        _session.InBackground(CloseAsync);
    }

    /// <summary>SSH_MSG_CHANNEL_SUCCESS: uint32 our number.</summary>
    public void OnRequestSucceeded() => _execAnswered = true;

    /// <summary>SSH_MSG_CHANNEL_DATA: uint32 our number, string data.</summary>
    /// <returns>False if the server has sent more than its window.</returns>
    public bool OnData(ReadOnlySpan<byte> data)
    {
        if (!_received.TryTakeAllowance(data.Length))
        {
            return false;
        }

        _received.Write(data);
        return true;
    }

    /// <summary>SSH_MSG_CHANNEL_EXTENDED_DATA: uint32 our number, uint32 kind (1: standard error), string data.</summary>
    /// <returns>False if the server has sent more than its window.</returns>
    public bool OnExtendedData(uint kind, byte[] data)
    {
        if (!_received.TryTakeAllowance(data.Length))
        {
            return false;
        }

        if (kind == StandardErrorCode)
        {
            AppendError(data);
        }

        // Drained as it comes, so that it never fills the window of the program's output.
        if (_received.Consume(data.Length) is > 0 and var grant)
        {
            _session.InBackground(() => Widen(grant));
        }

        return true;
    }

    /// <summary>SSH_MSG_CHANNEL_WINDOW_ADJUST: uint32 our number, uint32 bytes to add.</summary>
    /// <returns>False if the window would be larger than the protocol allows.</returns>
    public bool OnWindowAdjust(uint bytes) => _sendWindow.Widen(bytes);

    /// <summary>SSH_MSG_CHANNEL_EOF: uint32 our number.</summary>
    public void OnEnd() => _received.Complete(null);

    /// <summary>
    /// SSH_MSG_CHANNEL_REQUEST: uint32 our number, string name, boolean want reply, then
    /// for exit-status: uint32 status; for exit-signal: string name without SIG, boolean core dumped, string text, string language.
    /// </summary>
    public void OnRequest(string name, ReadOnlySpan<byte> data)
    {
        var wantsReply = !data.IsEmpty && data[0] != 0;
        if (name == "exit-status" && data.Length >= 5)
        {
            _exitStatus = BinaryPrimitives.ReadInt32BigEndian(data[1..]);
        }
        else if (name == "exit-signal" && data.Length >= 5 && BinaryPrimitives.ReadUInt32BigEndian(data[1..]) is var length && length <= data.Length - 5)
        {
            // The program cannot say it itself, and whoever reads the tail of its standard error needs it.
            var signal = Encoding.ASCII.GetString(data.Slice(5, (int)length));
            AppendError(Encoding.UTF8.GetBytes($"({_name} was killed by signal {signal})\n"));
        }

        if (wantsReply)
        {
            // SSH_MSG_CHANNEL_FAILURE: uint32 their number.
            _session.InBackground(() => SendIfOpen(new ChannelFailureMessage(_remoteNumber)));
        }
    }

    /// <summary>SSH_MSG_CHANNEL_CLOSE: uint32 our number.</summary>
    public void OnClosed()
    {
        _received.Complete(null);
        _sendWindow.End($"{Description} has ended and reads no more.");
        EndError();
        _session.InBackground(SendClose);
        _closed.TrySetResult();
        _exited.TrySetResult(_exitStatus);
        FailOpening(_session.Failure(NixErrors.ChannelRefused, $"{_session.Target} closed the channel before it was open."));
    }

    /// <summary>Breaks the channel on this side: reads and writes fail with this from now on.</summary>
    public void Fail(NixRemoteException failure)
    {
        _received.Complete(failure);
        _sendWindow.Fail(failure);
        FailOpening(failure);
    }

    /// <summary>The connection is gone: as <see cref="Fail"/>, and nothing more will come.</summary>
    public void OnConnectionLost(NixRemoteException failure)
    {
        Fail(failure);
        EndError();
        _closed.TrySetResult();
        _exited.TrySetResult(_exitStatus);
    }

    /// <inheritdoc/>
    public override string ToString() => Description;

    /// <summary>Ends the wait for the channel, if there is one.</summary>
    private void FailOpening(NixRemoteException failure)
    {
        _opened.TrySetException(failure);
        _ = _opened.Task.Exception;
    }

    private void AppendError(ReadOnlySpan<byte> bytes)
    {
        lock (_errorLock)
        {
            if (!_errorEnded)
            {
                StandardError.Append(bytes);
            }
        }
    }

    /// <summary>Ends standard error, though the server may still be about to send some.</summary>
    private void EndError()
    {
        lock (_errorLock)
        {
            if (!_errorEnded)
            {
                _errorEnded = true;
                StandardError.Complete();
            }
        }
    }
}
