using System.Net;
using System.Net.Sockets;
using NixRemote.Transport;

namespace NixRemote.Adapters.Ssh;

/// <summary>Connects to a host by name: all its addresses, the next one beside the last if that does not answer soon (RFC 8305).</summary>
internal static class TcpDialer
{
    /// <summary>Looks a host's name up.</summary>
    /// <exception cref="NixRemoteException">HostNotFound.</exception>
    public static async Task<IPAddress[]> ResolveAsync(SshHostConfig config, CancellationToken cancellationToken)
    {
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(config.HostName, config.AddressFamily, cancellationToken)
                .WaitAsync(cancellationToken).ConfigureAwait(false);
            return addresses.Length > 0 ? addresses : throw new SocketException((int)SocketError.HostNotFound);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            var alias = config.HostName == config.OriginalHost ? "" : $" (HostName of '{config.OriginalHost}' in the SSH configuration)";
            throw new NixRemoteException(NixErrors.HostNotFound, $"The host name '{config.HostName}'{alias} does not resolve: {e.Message.TrimEnd('.')}.", e);
        }
    }

    /// <summary>Connects to the first address that answers, as often as ConnectionAttempts says.</summary>
    /// <exception cref="SocketException">None does; the failure of the last one.</exception>
    public static async Task<Socket> ConnectAsync(SshHostConfig config, IPAddress[] addresses, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await ConnectOnceAsync(config, addresses, cancellationToken).ConfigureAwait(false);
            }
            catch (SocketException) when (attempt < config.ConnectionAttempts)
            {
                // There is nothing to be told by: the pause is OpenSSH's own.
                await Task.Delay(SshLimits.ConnectionAttemptPause, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static async Task<Socket> ConnectOnceAsync(SshHostConfig config, IPAddress[] addresses, CancellationToken cancellationToken)
    {
        using var others = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var attempts = new List<Task<Socket>>();
        Task<Socket>? winner = null;
        try
        {
            for (var next = 0; ;)
            {
                if (next < addresses.Length)
                {
                    attempts.Add(DialAsync(config, addresses[next++], others.Token));
                }

                var pause = next < addresses.Length ? Task.Delay(SshLimits.NextAddressDelay, others.Token) : null;
                var first = await Task.WhenAny(pause is null ? attempts : attempts.Append(pause)).ConfigureAwait(false);
                if (first == pause)
                {
                    continue;
                }

                var attempt = (Task<Socket>)first;
                if (attempt.IsCompletedSuccessfully)
                {
                    winner = attempt;
                    return attempt.Result;
                }

                if (attempts.Count == 1 && next == addresses.Length)
                {
                    return await attempt.ConfigureAwait(false);
                }

                attempts.Remove(attempt);
            }
        }
        finally
        {
            await others.CancelAsync().ConfigureAwait(false);
            attempts.Where(attempt => attempt != winner).ToList().ForEach(LateSocket.Abandon);
        }
    }

    private static async Task<Socket> DialAsync(SshHostConfig config, IPAddress address, CancellationToken cancellationToken)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.NoDelay = true;
            if (config.BindAddress is { } from)
            {
                socket.Bind(new IPEndPoint(from, 0));
            }

            using (cancellationToken.UnsafeRegister(static s => ((Socket)s!).Dispose(), socket))
            {
                await BlockingSocket.RunAsync(() => socket.Connect(new IPEndPoint(address, config.Port))).ConfigureAwait(false);
            }

            cancellationToken.ThrowIfCancellationRequested();
            return socket;
        }
        catch (Exception e)
        {
            socket.Dispose();
            if (e is SocketException or ObjectDisposedException)
            {
                // Nobody waits any more: what a connection failed with that was cut for that reason means nothing.
                cancellationToken.ThrowIfCancellationRequested();
            }

            throw;
        }
    }
}
