using System.Net.Sockets;
using System.Text;
using NixRemote.Transport;

namespace NixRemote.Tests.Transport;

/// <summary>Unix sockets as channels.</summary>
public sealed class UnixSocketChannelTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"nixremote-{Guid.NewGuid():N}");
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public UnixSocketChannelTests()
    {
        _listener.Bind(new UnixDomainSocketEndPoint(_path));
        _listener.Listen(1);
    }

    [Fact]
    public async Task Bytes_go_both_ways_and_each_way_ends_by_itself()
    {
        await using var channel = await UnixSocketChannel.ConnectAsync(_path, default);
        using var server = new NetworkStream(await _listener.AcceptAsync(), ownsSocket: true);
        await channel.Output.WriteAsync("request"u8.ToArray());
        await channel.Output.DisposeAsync();
        using var request = new StreamReader(server, leaveOpen: true);
        Assert.Equal("request", await request.ReadToEndAsync());
        Assert.False(channel.Exited.IsCompleted);

        await server.WriteAsync("answer"u8.ToArray());
        server.Dispose();
        using var answer = new StreamReader(channel.Input);
        Assert.Equal("answer", await answer.ReadToEndAsync());
        Assert.Null(await channel.Exited);
        Assert.True(channel.StandardError.Ended.IsCompleted);
        Assert.Contains(_path, channel.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Aborting_makes_a_pending_read_fail_at_once_and_the_server_sees_the_end()
    {
        await using var channel = await UnixSocketChannel.ConnectAsync(_path, default);
        using var server = await _listener.AcceptAsync();
        var read = channel.Input.ReadAsync(new byte[1]).AsTask();
        channel.Abort();
        await Assert.ThrowsAnyAsync<Exception>(() => read.WaitAsync(TimeSpan.FromSeconds(2)));
        Assert.Equal(0, await server.ReceiveAsync(new byte[1]));
        Assert.Null(await channel.Exited);
    }

    [Fact]
    public async Task Nobody_listens()
    {
        _listener.Dispose();
        foreach (var path in new[] { _path, _path + "-not-there", "/" + new string('x', 200) })
        {
            var failure = await Assert.ThrowsAsync<NixRemoteException>(() => UnixSocketChannel.ConnectAsync(path, default));
            Assert.Equal((nameof(NixErrors.LocalStoreUnavailable), path), (failure.ErrorId, failure.Target));
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        File.Delete(_path);
    }
}
