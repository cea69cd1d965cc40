using NixRemote.Transport;
using Renci.SshNet;
using Renci.SshNet.Common;
using Renci.SshNet.Messages.Connection;
using Renci.SshNet.Messages.Transport;

namespace NixRemote.Adapters.Ssh;

/// <summary>What the server sends: handed to the channels on SSH.NET's own thread, where nothing may wait.</summary>
internal sealed partial class SshNetSession
{
    private void Subscribe()
    {
        var session = _messages.Target;
        session.ChannelOpenConfirmationReceived += OnOpened;
        session.ChannelOpenFailureReceived += OnRefused;
        session.ChannelDataReceived += OnData;
        session.ChannelExtendedDataReceived += OnExtendedData;
        session.ChannelWindowAdjustReceived += OnWindowAdjust;
        session.ChannelEofReceived += OnEnd;
        session.ChannelRequestReceived += OnRequest;
        session.ChannelSuccessReceived += OnSuccess;
        session.ChannelFailureReceived += OnFailure;
        session.ChannelCloseReceived += OnClose;
        session.Disconnected += OnDisconnected;
        _client.ErrorOccurred += OnError;
    }

    /// <summary>Lets go of a connection that lives longer than this.</summary>
    private void Unsubscribe()
    {
        var session = _messages.Target;
        session.ChannelOpenConfirmationReceived -= OnOpened;
        session.ChannelOpenFailureReceived -= OnRefused;
        session.ChannelDataReceived -= OnData;
        session.ChannelExtendedDataReceived -= OnExtendedData;
        session.ChannelWindowAdjustReceived -= OnWindowAdjust;
        session.ChannelEofReceived -= OnEnd;
        session.ChannelRequestReceived -= OnRequest;
        session.ChannelSuccessReceived -= OnSuccess;
        session.ChannelFailureReceived -= OnFailure;
        session.ChannelCloseReceived -= OnClose;
        session.Disconnected -= OnDisconnected;
        _client.ErrorOccurred -= OnError;
    }

    private void OnOpened(object? sender, MessageEventArgs<ChannelOpenConfirmationMessage> e) => Channel(e.Message)?.OnOpened(e.Message);

    private void OnRefused(object? sender, MessageEventArgs<ChannelOpenFailureMessage> e) => TakeOut(e.Message)?.OnRefused(e.Message);

    private void OnData(object? sender, MessageEventArgs<ChannelDataMessage> e) =>
        Check(Channel(e.Message)?.OnData(e.Message.Data.AsSpan(e.Message.Offset, e.Message.Size)), "more than the window of a channel");

    private void OnExtendedData(object? sender, MessageEventArgs<ChannelExtendedDataMessage> e) =>
        Check(Channel(e.Message)?.OnExtendedData(e.Message.DataTypeCode, e.Message.Data), "more than the window of a channel");

    private void OnWindowAdjust(object? sender, MessageEventArgs<ChannelWindowAdjustMessage> e) =>
        Check(Channel(e.Message)?.OnWindowAdjust(e.Message.BytesToAdd), "a window larger than the protocol allows");

    private void OnEnd(object? sender, MessageEventArgs<ChannelEofMessage> e) => Channel(e.Message)?.OnEnd();

    private void OnRequest(object? sender, MessageEventArgs<ChannelRequestMessage> e) => Channel(e.Message)?.OnRequest(e.Message.RequestName, e.Message.RequestData);

    private void OnSuccess(object? sender, MessageEventArgs<ChannelSuccessMessage> e) => Channel(e.Message)?.OnRequestSucceeded();

    private void OnFailure(object? sender, MessageEventArgs<ChannelFailureMessage> e) => Channel(e.Message)?.OnRequestFailed();

    private void OnClose(object? sender, MessageEventArgs<ChannelCloseMessage> e) => TakeOut(e.Message)?.OnClosed();

    private void OnDisconnected(object? sender, EventArgs e) => GiveUp("the server closed it");

    private void OnError(object? sender, ExceptionEventArgs e) => GiveUp(Reason(e.Exception), e.Exception);

    private ExecChannel? Channel(ChannelMessage message) => _channels.GetValueOrDefault(message.LocalChannelNumber);

    /// <summary>The channel, whose number means nothing from now on.</summary>
    private ExecChannel? TakeOut(ChannelMessage message) => _channels.TryRemove(message.LocalChannelNumber, out var channel) ? channel : null;

    private void Check(bool? accepted, string what)
    {
        if (accepted == false)
        {
            GiveUp($"the server broke the protocol, it sent {what}");
        }
    }

    /// <summary>
    /// Asks an idle server for a sign of life, and gives the connection up when several are missing. Where no channel is open
    /// there is nobody to ask: a message that means nothing keeps the way through firewalls open.
    /// </summary>
    private async Task KeepAliveAsync(LoopbackRelay relay)
    {
        using var timer = new PeriodicTimer(_config.KeepAliveInterval);
        var (seen, missing) = (-1L, 0);
        try
        {
            while (await timer.WaitForNextTickAsync(_ended.Token).ConfigureAwait(false))
            {
                if (relay.BytesReceived is var received && received != seen)
                {
                    (seen, missing) = (received, 0);
                }
                else if (missing >= Math.Max(1, _config.KeepAliveCountMax))
                {
                    GiveUp($"no sign of life for {(missing + 1) * _config.KeepAliveInterval.TotalSeconds:0.#} s");
                    return;
                }
                else if (_channels.Values.FirstOrDefault(channel => channel.IsOpen) is { } channel)
                {
                    missing++;
                    channel.AskForLife();
                }
                else
                {
                    SendIfUplinkTakesIt(new IgnoreMessage());
                }
            }
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // The session is closed.
        }
    }

    /// <summary>Sends a message unless the link is full: then what fills it is sign enough.</summary>
    public void SendIfUplinkTakesIt(Renci.SshNet.Messages.Message message)
    {
        if (WaitForUplinkAsync(0, CancellationToken.None).IsCompleted)
        {
            TrySend(message);
        }
    }
}
