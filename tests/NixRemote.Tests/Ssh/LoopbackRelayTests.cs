using System.Net;
using System.Net.Sockets;
using System.Text;
using NixRemote.Adapters.Ssh;

namespace NixRemote.Tests.Ssh;

/// <summary>The way between SSH.NET and a server is for this process only, and can be cut.</summary>
public sealed class LoopbackRelayTests
{
    [Theory]
    [InlineData("")]
    [InlineData("0500")]
    [InlineData("050102" + "0104AAAAAAAA" + "04AAAAAAAA")]
    [InlineData("050102" + "0100" + "00")]
    [InlineData("474554202F")]
    public async Task AStrangerIsDroppedAndTheOwnerStillComesThrough(string stranger)
    {
        using var remote = new Pair();
        using var relay = LoopbackRelay.Start(remote.Near);
        using var other = new TcpClient();
        await other.ConnectAsync(IPAddress.Loopback, relay.Port);
        await other.GetStream().WriteAsync(Convert.FromHexString(stranger));

        using var owner = await GreetAsync(relay.Port, relay.Secret);
        await owner.GetStream().WriteAsync("up"u8.ToArray());
        Assert.Equal("up", await ReadAsync(remote.Far, 2));
        await remote.Far.WriteAsync("down"u8.ToArray());
        Assert.Equal("down", await ReadAsync(owner.GetStream(), 4));
        Assert.Equal(4, relay.BytesReceived);
        Assert.InRange(await ReadToEndAsync(other), 0, 2);
    }

    [Fact]
    public async Task ASecondOwnerFindsNobody()
    {
        using var remote = new Pair();
        using var relay = LoopbackRelay.Start(remote.Near);
        using var owner = await GreetAsync(relay.Port, relay.Secret);
        await owner.GetStream().WriteAsync("x"u8.ToArray());
        Assert.Equal("x", await ReadAsync(remote.Far, 1));
        using var late = new TcpClient();
        await Assert.ThrowsAnyAsync<SocketException>(() => late.ConnectAsync(IPAddress.Loopback, relay.Port));
    }

    [Fact]
    public async Task CuttingItEndsBothSides()
    {
        using var remote = new Pair();
        var relay = LoopbackRelay.Start(remote.Near);
        using var owner = await GreetAsync(relay.Port, relay.Secret);
        relay.Dispose();
        Assert.Equal(0, await ReadToEndAsync(owner));
        Assert.Equal(0, await remote.Far.ReadAsync(new byte[1]));
        Assert.Null(relay.Failure);
    }

    [Fact]
    public async Task WritersWaitWhileTheServerTakesNothing()
    {
        using var remote = new Pair();
        using var relay = LoopbackRelay.Start(remote.Near);
        using var owner = await GreetAsync(relay.Port, relay.Secret);
        Assert.True(relay.WaitForUplinkAsync(32 * 1024, default).IsCompleted);
        var sending = owner.GetStream().WriteAsync(new byte[64 * 1024 * 1024]).AsTask();
        Task waiting;
        while ((waiting = relay.WaitForUplinkAsync(32 * 1024, default)).IsCompleted)
        {
            await Task.Yield();
        }

        var buffer = new byte[1024 * 1024];
        while (!waiting.IsCompleted)
        {
            Assert.True(await remote.Far.ReadAsync(buffer) > 0);
        }

        relay.Dispose();
        await Assert.ThrowsAnyAsync<IOException>(() => sending);
    }

    [Fact]
    public async Task ATrickleOfAnswersComesThroughWholeAndLetsThroughWhatIsSentMeanwhile()
    {
        using var remote = new Pair();
        using var relay = LoopbackRelay.Start(remote.Near);
        using var owner = await GreetAsync(relay.Port, relay.Secret);
        for (var i = 0; i < 5 * Trickle.Arrivals; i++)
        {
            await remote.Far.WriteAsync(Encoding.ASCII.GetBytes($"{i:0000}"));
            if (i < 4 * Trickle.Arrivals)
            {
                Assert.Equal($"{i:0000}", await ReadAsync(owner.GetStream(), 4));
            }
        }

        await owner.GetStream().WriteAsync("up"u8.ToArray());
        Assert.Equal("up", await ReadAsync(remote.Far, 2));
        Assert.Equal(string.Concat(Enumerable.Range(4 * Trickle.Arrivals, Trickle.Arrivals).Select(i => $"{i:0000}")), await ReadAsync(owner.GetStream(), 4 * Trickle.Arrivals));
    }

    [Fact]
    public async Task CuttingItFreesTheWriters()
    {
        using var remote = new Pair();
        var relay = LoopbackRelay.Start(remote.Near);
        using var owner = await GreetAsync(relay.Port, relay.Secret);
        _ = owner.GetStream().WriteAsync(new byte[64 * 1024 * 1024]).AsTask().ContinueWith(t => t.Exception, TaskScheduler.Default);
        Task waiting;
        while ((waiting = relay.WaitForUplinkAsync(32 * 1024, default)).IsCompleted)
        {
            await Task.Yield();
        }

        relay.Dispose();
        await waiting.WaitAsync(TimeSpan.FromSeconds(2));
    }

    /// <summary>The client's side of SOCKS5 with a password (RFC 1928, RFC 1929).</summary>
    private static async Task<TcpClient> GreetAsync(int port, string secret)
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        var stream = client.GetStream();
        await stream.WriteAsync(new byte[] { 5, 1, 2 });
        Assert.Equal("\x05\x02", await ReadAsync(stream, 2));
        var length = (char)secret.Length;
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"\x01{length}{secret}{length}{secret}"));
        Assert.Equal("\x01\0", await ReadAsync(stream, 2));
        await stream.WriteAsync(new byte[] { 5, 1, 0, 1, 127, 0, 0, 1, 0, 22 });
        Assert.Equal("\x05\0\0\x01\0\0\0\0\0\0", await ReadAsync(stream, 10));
        return client;
    }

    private static async Task<string> ReadAsync(Stream stream, int count)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes).AsTask().WaitAsync(TimeSpan.FromSeconds(5));
        return Encoding.ASCII.GetString(bytes);
    }

    /// <summary>How many bytes come before the other side hangs up.</summary>
    private static async Task<int> ReadToEndAsync(TcpClient client)
    {
        using var all = new MemoryStream();
        try
        {
            await client.GetStream().CopyToAsync(all).WaitAsync(TimeSpan.FromSeconds(5));
        }
        catch (IOException)
        {
            // A reset is as good an end.
        }

        return (int)all.Length;
    }

    /// <summary>A connection with both ends here.</summary>
    private sealed class Pair : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly TcpClient _near = new();
        private readonly TcpClient _far;

        public Pair()
        {
            _listener.Start();
            _near.Connect((IPEndPoint)_listener.LocalEndpoint);
            _far = _listener.AcceptTcpClient();
        }

        public Stream Near => _near.GetStream();

        public Stream Far => _far.GetStream();

        public void Dispose()
        {
            _far.Dispose();
            _near.Dispose();
            _listener.Dispose();
        }
    }
}
