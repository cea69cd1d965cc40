using System.Reflection;
using System.Runtime.CompilerServices;
using NixRemote.Transport;
using Renci.SshNet;
using Renci.SshNet.Messages.Transport;

namespace NixRemote.Adapters.Ssh;

/// <summary>Connections that somebody else has opened and goes on using: channels of our own beside theirs.</summary>
internal sealed partial class SshNetSession
{
    // All who adopt the same connection share what sshd surely allows on it, and wait for each other.
    private static readonly ConditionalWeakTable<Session, SemaphoreSlim> _turnsOfAdopted = [];

    /// <summary>Makes a session of an open connection; disposing it closes its channels only.</summary>
    /// <param name="client">The SshClient.</param>
    /// <param name="options">Who is told decisions.</param>
    /// <param name="builder">The target as the user wrote it.</param>
    /// <exception cref="NixRemoteException">SshSessionUnusable.</exception>
    public static SshNetSession Adopt(object client, SshOptions options, string builder)
    {
        try
        {
            // The client keeps its session to itself; nothing public gives it.
            return client is SshClient { IsConnected: true } known
                && typeof(BaseClient).GetProperty("Session", BindingFlags.Instance | BindingFlags.NonPublic)?.GetValue(known) is Session session
                ? Adopt(known, session, options, builder)
                : throw new NixRemoteException(NixErrors.SshSessionUnusable, $"The SSH session given for '{builder}' is not connected.") { Builder = builder };
        }
        catch (Exception e) when (e is MissingMemberException or TypeLoadException or InvalidCastException)
        {
            throw new NixRemoteException(NixErrors.SshSessionUnusable,
                $"The SSH session given for '{builder}' is of an SSH.NET that does not fit this module: {e.Message}", e) { Builder = builder };
        }
    }

    private static SshNetSession Adopt(SshClient client, Session session, SshOptions options, string builder)
    {
        // What was agreed on stays: the same is offered again, to a key exchange that never takes place.
        var info = client.ConnectionInfo;
        var init = new KeyExchangeInitMessage
        {
            KeyExchangeAlgorithms = [info.CurrentKeyExchangeAlgorithm],
            ServerHostKeyAlgorithms = [info.CurrentHostKeyAlgorithm],
            EncryptionAlgorithmsClientToServer = [info.CurrentClientEncryption],
            EncryptionAlgorithmsServerToClient = [info.CurrentServerEncryption],
            MacAlgorithmsClientToServer = [info.CurrentClientHmacAlgorithm ?? ""],
            MacAlgorithmsServerToClient = [info.CurrentServerHmacAlgorithm ?? ""],
            CompressionAlgorithmsClientToServer = [info.CurrentClientCompressionAlgorithm],
            CompressionAlgorithmsServerToClient = [info.CurrentServerCompressionAlgorithm],
        };
        var config = new SshHostConfig
        {
            OriginalHost = info.Host,
            HostName = info.Host,
            Port = info.Port,
            User = info.Username,
            IdentityFiles = [],
            UserKnownHostsFiles = [],
            GlobalKnownHostsFiles = [],
            ConnectTimeout = info.Timeout,
            KeepAliveInterval = client.KeepAliveInterval,
        };
        return new SshNetSession(client, null, new SessionMessages(session, init), config, options, builder, fingerprint: "");
    }
}
