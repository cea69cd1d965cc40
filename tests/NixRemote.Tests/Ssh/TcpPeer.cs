using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NixRemote.Tests.Ssh;

/// <summary>A TCP server that says one thing to whoever connects, and then nothing, or goodbye.</summary>
internal sealed class TcpPeer : IDisposable
{
    private readonly TcpListener _listener;
    private readonly List<Socket> _sockets = [];

    /// <param name="greeting">What it says; null: it never even takes the connection from the system.</param>
    /// <param name="close">Whether it hangs up after that.</param>
    /// <param name="port">Its port; 0: any.</param>
    public TcpPeer(string? greeting, bool close, int port = 0)
    {
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        if (greeting is not null)
        {
            _ = AcceptAsync(greeting, close);
        }
    }

    public int Port { get; }

    public void Dispose()
    {
        _listener.Dispose();
        _sockets.ForEach(socket => socket.Dispose());
    }

    private async Task AcceptAsync(string greeting, bool close)
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync();
                _sockets.Add(socket);
                await socket.SendAsync(Encoding.UTF8.GetBytes(greeting));
                if (close)
                {
                    socket.Shutdown(SocketShutdown.Both);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }
}
