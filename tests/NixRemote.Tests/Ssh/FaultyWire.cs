using System.Net;
using System.Net.Sockets;

namespace NixRemote.Tests.Ssh;

/// <summary>A TCP relay to a real sshd that can freeze, cut or slow down what goes through it.</summary>
internal sealed class FaultyWire : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _target;
    private readonly TimeSpan _delay;
    private readonly List<Socket> _sockets = [];
    private readonly long[] _carried = new long[2];
    private volatile TaskCompletionSource? _frozen;

    /// <param name="target">sshd's port.</param>
    /// <param name="delay">How long each byte is under way, in each direction.</param>
    public FaultyWire(int target, TimeSpan delay = default)
    {
        _target = target;
        _delay = delay;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>Bytes after which all connections are reset and no other gets through: those that clients send, those that they receive.</summary>
    public (long Up, long Down) Limit { get; init; } = (long.MaxValue, long.MaxValue);

    /// <summary>Bytes that went through, of all connections.</summary>
    public (long Up, long Down) Carried => (Interlocked.Read(ref _carried[0]), Interlocked.Read(ref _carried[1]));

    /// <summary>Whether <see cref="Limit"/> was passed.</summary>
    public bool IsAtLimit { get; private set; }

    /// <summary>Nothing gets through any more, in either direction; nobody is told.</summary>
    public void Freeze() => _frozen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends all connections in order, as a server does that hangs up.</summary>
    public void HangUp()
    {
        lock (_sockets)
        {
            _sockets.ForEach(socket => socket.Shutdown(SocketShutdown.Both));
        }
    }

    /// <summary>Resets all connections.</summary>
    public void Cut()
    {
        lock (_sockets)
        {
            foreach (var socket in _sockets)
            {
                socket.Close(0);
            }
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        Cut();
        _frozen?.TrySetResult();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync();
                var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await server.ConnectAsync(IPAddress.Loopback, _target);
                client.NoDelay = server.NoDelay = true;
                lock (_sockets)
                {
                    _sockets.AddRange([client, server]);
                }

                _ = CarryAsync(client, server, 0, Limit.Up);
                _ = CarryAsync(server, client, 1, Limit.Down);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task CarryAsync(Socket from, Socket to, int direction, long limit)
    {
        var isOver = false;
        var chunks = System.Threading.Channels.Channel.CreateUnbounded<(byte[] Bytes, long Due)>();
        var sending = SendAsync(chunks.Reader, to);
        var buffer = new byte[64 * 1024];
        try
        {
            int count;
            while (!isOver && (count = await from.ReceiveAsync(buffer)) > 0)
            {
                var over = Interlocked.Add(ref _carried[direction], count) - limit;
                isOver = over > 0;
                count = (int)Math.Max(0, isOver ? count - over : count);
                if (_frozen is { } frozen)
                {
                    await frozen.Task;
                }

                chunks.Writer.TryWrite((buffer[..count], Environment.TickCount64 + (long)_delay.TotalMilliseconds));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Cut.
        }

        chunks.Writer.Complete();
        await sending;
        if (isOver)
        {
            IsAtLimit = true;
            Cut();
        }
    }

    private static async Task SendAsync(System.Threading.Channels.ChannelReader<(byte[] Bytes, long Due)> chunks, Socket to)
    {
        try
        {
            await foreach (var (bytes, due) in chunks.ReadAllAsync())
            {
                if (due - Environment.TickCount64 is > 0 and var wait)
                {
                    await Task.Delay((int)wait);
                }

                await to.SendAsync(bytes);
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Cut.
        }
    }
}
