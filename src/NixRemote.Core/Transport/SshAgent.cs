using System.Buffers.Binary;
using System.IO.Pipes;
using System.Net.Sockets;
using System.Text;

namespace NixRemote.Transport;

/// <summary>
/// An SSH agent behind a Unix socket or a Windows pipe (draft-ietf-sshm-ssh-agent): which keys it holds, and signatures with them.
/// Each question has a connection of its own.
/// </summary>
/// <param name="address">The socket's path, or <c>\\.\pipe\NAME</c>.</param>
public sealed class SshAgent(string address)
{
    private const string PipePrefix = @"\\.\pipe\";

    private const byte RequestIdentities = 11;
    private const byte IdentitiesAnswer = 12;
    private const byte SignRequest = 13;
    private const byte SignResponse = 14;

    /// <summary>Where it is.</summary>
    public string Address => address;

    /// <summary>The keys that it holds, in its order; those of a form that is not known are left out.</summary>
    /// <exception cref="NixRemoteException">AgentUnavailable: nobody answers there, or not as an agent.</exception>
    public async Task<IReadOnlyList<SshAgentKey>> ListAsync(CancellationToken cancellationToken)
    {
        // SSH_AGENTC_REQUEST_IDENTITIES: byte 11. The answer, SSH_AGENT_IDENTITIES_ANSWER: byte 12, uint32 count, then that many
        // of: string key, string comment.
        var answer = await AskAsync([RequestIdentities], cancellationToken).ConfigureAwait(false);
        var keys = new List<SshAgentKey>();
        var at = 0;
        if (answer is not [IdentitiesAnswer, ..] || !SshBlob.TryReadUInt32(answer.AsSpan(1), ref at, out var count) || count > TransportLimits.MaxAgentKeys)
        {
            throw Unavailable("its answer is not a list of keys", null);
        }

        for (var i = 0; i < count; i++)
        {
            if (!SshBlob.TryReadString(answer.AsSpan(1), ref at, out var key) || !SshBlob.TryReadString(answer.AsSpan(1), ref at, out var comment))
            {
                throw Unavailable("its list of keys breaks off", null);
            }

            if (HostKey.FromBlob(key.ToArray()) is { } known)
            {
                keys.Add(new SshAgentKey(known, Encoding.UTF8.GetString(comment)));
            }
        }

        return keys;
    }

    /// <summary>Has data signed.</summary>
    /// <param name="key">The key's blob, as <see cref="ListAsync"/> gave it.</param>
    /// <param name="data">What to sign.</param>
    /// <param name="algorithm">The signature algorithm; it matters for RSA keys, which have several.</param>
    /// <param name="cancellationToken">Ends the wait, which may be for a person.</param>
    /// <returns>The signature with its algorithm's name, as SSH sends it; null if the agent refuses.</returns>
    /// <exception cref="NixRemoteException">AgentUnavailable.</exception>
    public async Task<byte[]?> SignAsync(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> data, string algorithm, CancellationToken cancellationToken)
    {
        // SSH_AGENTC_SIGN_REQUEST: byte 13, string key, string data, uint32 flags (2: rsa-sha2-256, 4: rsa-sha2-512).
        // The answer, SSH_AGENT_SIGN_RESPONSE: byte 14, string signature; SSH_AGENT_FAILURE: byte 5.
        uint flags = algorithm.StartsWith("rsa-sha2-512", StringComparison.Ordinal) ? 4u : algorithm.StartsWith("rsa-sha2-256", StringComparison.Ordinal) ? 2u : 0u;
        var request = new byte[1 + 4 + key.Length + 4 + data.Length + 4];
        request[0] = SignRequest;
        var at = 1;
        SshBlob.WriteString(request, ref at, key.Span);
        SshBlob.WriteString(request, ref at, data.Span);
        BinaryPrimitives.WriteUInt32BigEndian(request.AsSpan(at), flags);
        var answer = await AskAsync(request, cancellationToken).ConfigureAwait(false);
        at = 0;
        return answer is [SignResponse, ..] && SshBlob.TryReadString(answer.AsSpan(1), ref at, out var signature) ? signature.ToArray() : null;
    }

    /// <summary>Sends a message and reads its answer. A message: uint32 length, then that many bytes, the first of which is the type.</summary>
    private async Task<byte[]> AskAsync(byte[] message, CancellationToken cancellationToken)
    {
        try
        {
            using var stream = await ConnectAsync(cancellationToken).ConfigureAwait(false);
            var header = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(header, message.Length);
            await stream.WriteAsync((byte[])[.. header, .. message], cancellationToken).ConfigureAwait(false);
            await stream.ReadExactlyAsync(header, cancellationToken).ConfigureAwait(false);
            var length = BinaryPrimitives.ReadUInt32BigEndian(header);
            if (length is 0 or > TransportLimits.MaxAgentMessageBytes)
            {
                throw Unavailable($"it announces {length} bytes; at most {TransportLimits.MaxAgentMessageBytes} are read", null);
            }

            var answer = new byte[length];
            await stream.ReadExactlyAsync(answer, cancellationToken).ConfigureAwait(false);
            return answer;
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException or TimeoutException or ArgumentException)
        {
            throw Unavailable(e.Message.TrimEnd('.'), e);
        }
    }

    private async Task<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows() && address.StartsWith(PipePrefix, StringComparison.OrdinalIgnoreCase))
        {
            var pipe = new NamedPipeClientStream(".", address[PipePrefix.Length..], PipeDirection.InOut, PipeOptions.Asynchronous);
            try
            {
                await pipe.ConnectAsync(TransportLimits.AgentConnectTimeout, cancellationToken).ConfigureAwait(false);
                return pipe;
            }
            catch
            {
                await pipe.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(address), cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private NixRemoteException Unavailable(string reason, Exception? inner) =>
        new(NixErrors.AgentUnavailable, $"The SSH agent at '{address}' cannot be used: {reason}.", inner) { Target = address };
}
