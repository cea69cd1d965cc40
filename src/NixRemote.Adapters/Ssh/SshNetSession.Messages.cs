using NixRemote.Transport;
using Renci.SshNet;
using Renci.SshNet.Messages.Connection;
using Renci.SshNet.Messages.Transport;

namespace NixRemote.Adapters.Ssh;

/// <summary>What the server sends: handed to the channels on SSH.NET's own thread, where nothing may wait.</summary>
internal sealed partial class SshNetSession
{
    private void Subscribe(Session session)
    {
        session.ChannelOpenConfirmationReceived += (_, e) => Channel(e.Message)?.OnOpened(e.Message);
        session.ChannelOpenFailureReceived += (_, e) => TakeOut(e.Message)?.OnRefused(e.Message);
        session.ChannelDataReceived += (_, e) =>
            Check(Channel(e.Message)?.OnData(e.Message.Data.AsSpan(e.Message.Offset, e.Message.Size)), "more than the window of a channel");
        session.ChannelExtendedDataReceived += (_, e) =>
            Check(Channel(e.Message)?.OnExtendedData(e.Message.DataTypeCode, e.Message.Data), "more than the window of a channel");
        session.ChannelWindowAdjustReceived += (_, e) =>
            Check(Channel(e.Message)?.OnWindowAdjust(e.Message.BytesToAdd), "a window larger than the protocol allows");
        session.ChannelEofReceived += (_, e) => Channel(e.Message)?.OnEnd();
        session.ChannelRequestReceived += (_, e) => Channel(e.Message)?.OnRequest(e.Message.RequestName, e.Message.RequestData);
        session.ChannelSuccessReceived += (_, e) => Channel(e.Message)?.OnRequestSucceeded();
        session.ChannelFailureReceived += (_, e) => Channel(e.Message)?.OnRequestFailed();
        session.ChannelCloseReceived += (_, e) => TakeOut(e.Message)?.OnClosed();
    }

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
    private async Task KeepAliveAsync()
    {
        using var timer = new PeriodicTimer(_config.KeepAliveInterval);
        var (seen, missing) = (-1L, 0);
        try
        {
            while (await timer.WaitForNextTickAsync(_ended.Token).ConfigureAwait(false))
            {
                if (_relay.BytesReceived is var received && received != seen)
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
        if (_relay.WaitForUplinkAsync(CancellationToken.None).IsCompleted)
        {
            TrySend(message);
        }
    }
}
