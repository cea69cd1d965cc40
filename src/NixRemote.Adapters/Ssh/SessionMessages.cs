using Renci.SshNet;
using Renci.SshNet.Messages;
using Renci.SshNet.Messages.Transport;
using Renci.SshNet.Security;

namespace NixRemote.Adapters.Ssh;

/// <summary>
/// Sends messages of our own on a session of SSH.NET. KeyExchange is the one public type of the library whose subclasses
/// may do that; it exchanges no keys here. With it, and with the session's public events, channels are ours: with windows
/// that bound memory, an end of input without data, and neither a thread each nor a poll.
/// </summary>
internal sealed class SessionMessages : KeyExchange
{
    /// <param name="session">The session, in the middle of its first key exchange.</param>
    /// <param name="serverInit">What the server offered in it.</param>
    public SessionMessages(Session session, KeyExchangeInitMessage serverInit) =>
        Start(session, serverInit, sendClientInitMessage: false);

    /// <inheritdoc/>
    public override string Name => "none";

    /// <summary>The session.</summary>
    public Session Target => Session;

    /// <summary>Sends a message; blocks while keys are exchanged, or while the relay's buffers are full.</summary>
    public void Send(Message message) => SendMessage(message);

    /// <inheritdoc/>
    protected override bool ValidateExchangeHash() => false;

    /// <inheritdoc/>
    protected override byte[] CalculateHash() => throw new NotSupportedException("No keys are exchanged here.");

    /// <inheritdoc/>
    protected override byte[] Hash(byte[] hashData) => throw new NotSupportedException("No keys are exchanged here.");
}
