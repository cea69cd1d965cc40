using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace NixRemote.Adapters.Ssh;

/// <summary>
/// Carries the bytes between SSH.NET and the server. SSH.NET can only connect by itself, and gives nobody its socket; so it
/// connects to this relay, as to a SOCKS5 proxy on the loopback interface with a password that only this process knows. Then
/// the connection to the server can be made by us, over anything that is a stream, and can be cut at any time.
/// </summary>
internal sealed class LoopbackRelay : IDisposable
{
    private const int BufferSize = 128 * 1024;

    // What SSH.NET may hand over before it blocks: more than all writers can hand over that have passed the gate before
    // it closed.
    private const int LocalReceiveBuffer = 2 * 1024 * 1024;

    // What writers may hand over while the server takes nothing: so much that they are woken for many packets at a time.
    private const int UplinkAllowance = 256 * 1024;

    private readonly Stream _remote;
    private readonly Socket _listener;
    private readonly CancellationTokenSource _aborted = new();
    private readonly object _lock = new();
    private Socket? _local;
    private TaskCompletionSource? _uplinkFree;
    private bool _isUplinkBusy;
    private int _passed;
    private Exception? _failure;
    private long _bytesReceived;

    private LoopbackRelay(Stream remote)
    {
        _remote = remote;
        _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(4);
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
    }

    /// <summary>The port of the proxy on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>The proxy's user and password: a secret of this connection.</summary>
    public string Secret { get; } = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));

    /// <summary>What the server has said in the beginning.</summary>
    public ServerHello Hello { get; } = new();

    /// <summary>Bytes that the server has sent.</summary>
    public long BytesReceived => Interlocked.Read(ref _bytesReceived);

    /// <summary>Why the connection to the server ended, if it was not in order; null else.</summary>
    public Exception? Failure => Volatile.Read(ref _failure);

    /// <summary>Starts to carry bytes as soon as SSH.NET connects.</summary>
    /// <param name="remote">The connection to the server; the relay closes it.</param>
    public static LoopbackRelay Start(Stream remote)
    {
        var relay = new LoopbackRelay(remote);
        _ = relay.RunAsync();
        return relay;
    }

    /// <summary>
    /// Waits while the server does not take what was sent. Whoever sends much asks here before each packet, and so never
    /// blocks its thread in SSH.NET's socket.
    /// </summary>
    /// <param name="bytes">What will be sent; 0: wait until the server has taken all there is.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task WaitForUplinkAsync(int bytes, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (!_isUplinkBusy || _aborted.IsCancellationRequested)
            {
                return Task.CompletedTask;
            }

            if (bytes > 0 && _passed + bytes <= UplinkAllowance)
            {
                _passed += bytes;
                return Task.CompletedTask;
            }

            _uplinkFree ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _uplinkFree.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Cuts the connection at once.</summary>
    public void Dispose()
    {
        _aborted.Cancel();
        _listener.Dispose();
        lock (_lock)
        {
            _local?.Dispose();
            _uplinkFree?.TrySetResult();
        }

        _remote.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            var local = await AcceptAsync().ConfigureAwait(false);
            await (_remote is NetworkStream stream
                ? new SocketCarrier(local, stream.Socket, (bytes, _) => OnArrived(bytes), SetUplinkBusy).RunAsync()
                : Task.WhenAny(CarryUpAsync(local), CarryDownAsync(local)).Unwrap()).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException or NixRemoteException)
        {
            if (!_aborted.IsCancellationRequested)
            {
                Volatile.Write(ref _failure, e.InnerException ?? e);
            }
        }
        finally
        {
            Dispose();
        }
    }

    /// <summary>From the server to SSH.NET. It reads without pause: the windows of the channels bound what may come.</summary>
    private async Task CarryDownAsync(Socket local)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        int count;
        while ((count = await _remote.ReadAsync(buffer, _aborted.Token).ConfigureAwait(false)) > 0)
        {
            OnArrived(buffer.AsSpan(0, count));
            await SendAsync(local, buffer.AsMemory(0, count)).ConfigureAwait(false);
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    private async Task CarryUpAsync(Socket local)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        int count;
        while ((count = await local.ReceiveAsync(buffer.AsMemory(), _aborted.Token).ConfigureAwait(false)) > 0)
        {
            var sent = _remote.WriteAsync(buffer.AsMemory(0, count), _aborted.Token);
            if (!sent.IsCompleted)
            {
                SetUplinkBusy(true);
                try
                {
                    await sent.ConfigureAwait(false);
                }
                finally
                {
                    SetUplinkBusy(false);
                }
            }
            else
            {
                await sent.ConfigureAwait(false);
            }
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    private void OnArrived(ReadOnlySpan<byte> bytes)
    {
        Interlocked.Add(ref _bytesReceived, bytes.Length);
        Hello.Append(bytes);
    }

    private void SetUplinkBusy(bool isBusy)
    {
        lock (_lock)
        {
            _isUplinkBusy = isBusy;
            if (!isBusy)
            {
                _passed = 0;
                _uplinkFree?.TrySetResult();
                _uplinkFree = null;
            }
        }
    }

    /// <summary>Takes the first connection that knows the secret; others are dropped.</summary>
    private async Task<Socket> AcceptAsync()
    {
        using var greeting = CancellationTokenSource.CreateLinkedTokenSource(_aborted.Token);
        var accepted = new TaskCompletionSource<Socket>(TaskCreationOptions.RunContinuationsAsynchronously);
        while (true)
        {
            var next = _listener.AcceptAsync(greeting.Token).AsTask();
            if (await Task.WhenAny(next, accepted.Task).ConfigureAwait(false) == accepted.Task)
            {
                await greeting.CancelAsync().ConfigureAwait(false);
                _listener.Dispose();
                LateSocket.Abandon(next);
                return await accepted.Task.ConfigureAwait(false);
            }

            var socket = await next.ConfigureAwait(false);
            _ = BlockingSocket.RunAsync(() => Greet(socket, accepted, greeting.Token));
        }
    }

    private void Greet(Socket socket, TaskCompletionSource<Socket> accepted, CancellationToken cancellationToken)
    {
        try
        {
            socket.NoDelay = true;
            socket.ReceiveBufferSize = LocalReceiveBuffer;
            bool isOwner;
            using (cancellationToken.UnsafeRegister(static s => ((Socket)s!).Dispose(), socket))
            {
                isOwner = Answer(socket);
            }

            if (isOwner)
            {
                lock (_lock)
                {
                    _local = socket;
                }

                if (accepted.TrySetResult(socket))
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // A stranger that went away, or the relay was cut: neither is a failure of the connection.
        }

        socket.Dispose();
    }

    /// <summary>The proxy's side of SOCKS5 with a password (RFC 1928, RFC 1929); the address that is asked for means nothing.</summary>
    private bool Answer(Socket socket)
    {
        // Greeting: byte version 5, byte count, then that many methods; the answer: byte version 5, byte 2 (password).
        var greeting = Read(socket, 2);
        Read(socket, greeting[1]);
        if (greeting[0] != 5)
        {
            return false;
        }

        socket.Send([5, 2]);

        // Login: byte version 1, byte length, user, byte length, password; the answer: byte version 1, byte 0 if it is right.
        var login = Read(socket, 2);
        var user = Read(socket, login[1]);
        var length = Read(socket, 1);
        var password = Read(socket, length[0]);
        var secret = Encoding.ASCII.GetBytes(Secret);
        if (!CryptographicOperations.FixedTimeEquals(user, secret) || !CryptographicOperations.FixedTimeEquals(password, secret))
        {
            return false;
        }

        socket.Send([1, 0]);

        // Request: byte version 5, byte 1 (connect), byte 0, byte 1 (IPv4), 4 bytes address, uint16 port.
        Read(socket, 10);

        // Answer: byte version 5, byte 0 (done), byte 0, byte 1 (IPv4), 4 bytes address, uint16 port.
        socket.Send([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
        return true;
    }

    private static byte[] Read(Socket socket, int count)
    {
        var bytes = new byte[count];
        for (var read = 0; read < count;)
        {
            var part = socket.Receive(bytes.AsSpan(read));
            read += part > 0 ? part : throw new SocketException((int)SocketError.ConnectionReset);
        }

        return bytes;
    }

    private async Task SendAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes, _aborted.Token).ConfigureAwait(false)..];
        }
    }
}
