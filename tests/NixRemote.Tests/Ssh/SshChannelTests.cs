using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NixRemote.Adapters.Ssh;
using NixRemote.Tests.TestBed;
using NixRemote.Transport;

namespace NixRemote.Tests.Ssh;

/// <summary>Programs on real sshds: their streams, their end, what becomes of them when either side goes away.</summary>
public sealed class SshChannelTests
{
    private static readonly SshNetConnector _connector = new();

    [TestBedTheory]
    [MemberData(nameof(NixTestBed.Builders), MemberType = typeof(NixTestBed))]
    public async Task OutputErrorAndStatus(string builder)
    {
        await using var session = await ConnectAsync(builder);
        await using var channel = await session.ExecuteAsync("printf 'out 1\\nout 2'; printf 'err 1\\nerr 2' >&2; exit 3", default);
        var lines = new List<string>();
        channel.StandardError.LineReceived += lines.Add;
        Assert.Equal("out 1\nout 2", await ReadAllAsync(channel));
        Assert.Equal(3, await channel.Exited);
        await channel.StandardError.Ended;
        Assert.Equal("err 1\nerr 2", channel.StandardError.Tail());
        Assert.Contains($"on nix@127.0.0.1:{NixTestBed.Current.Node(builder).Port}", channel.Description);
    }

    [TestBedTheory]
    [InlineData("true", 0)]
    [InlineData("false", 1)]
    [InlineData("exit 255", 255)]
    [InlineData("no-such-program", 127)]
    [InlineData("kill -9 $$", null)]
    public async Task ExitStatus(string command, int? expected)
    {
        await using var session = await ConnectAsync();
        await using var channel = await session.ExecuteAsync(command, default);
        Assert.Equal(expected, await channel.Exited);
        if (expected is null)
        {
            Assert.Contains("killed by signal KILL", channel.StandardError.Tail());
        }
    }

    [TestBedTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100_000)]
    [InlineData(10_000_000)]
    public async Task WhatIsWrittenComesBack(int size)
    {
        var bytes = RandomNumberGenerator.GetBytes(size);
        await using var session = await ConnectAsync();
        await using var channel = await session.ExecuteAsync("cat", default);
        var writing = WriteAsync();
        using var back = new MemoryStream();
        await channel.Input.CopyToAsync(back);
        await writing;
        Assert.Equal(bytes, back.ToArray());
        Assert.Equal(0, await channel.Exited);

        async Task WriteAsync()
        {
            await channel.Output.WriteAsync(bytes);
            await channel.Output.DisposeAsync();
        }
    }

    [TestBedFact]
    public async Task EightChannelsAtOnce()
    {
        await using var session = await ConnectAsync();
        await Task.WhenAll(Enumerable.Range(1, 8).Select(async i =>
        {
            await using var channel = await session.ExecuteAsync($"head -c {i}000000 /dev/zero | tr '\\0' {i}; cat; exit {i}", default);
            await channel.Output.WriteAsync(Encoding.ASCII.GetBytes($"end {i}"));
            await channel.Output.DisposeAsync();
            Assert.Equal(new string((char)('0' + i), i * 1_000_000) + $"end {i}", await ReadAllAsync(channel));
            Assert.Equal(i, await channel.Exited);
        }));
    }

    [TestBedFact]
    public async Task OneChannelThatNobodyReadsHoldsUpNoOther()
    {
        await using var session = await ConnectAsync();
        await using var stalled = await session.ExecuteAsync("cat /dev/zero", default);
        await WindowIsFullAsync(stalled);
        for (var i = 0; i < 3; i++)
        {
            await using var other = await session.ExecuteAsync("head -c 8000000 /dev/zero | wc -c", default);
            Assert.Equal("8000000\n", await ReadAllAsync(other));
        }

        Assert.InRange(((ExecChannel)stalled).Unread, SshLimits.InitialWindow - SshLimits.MaxReceivePacket, SshLimits.InitialWindow);
    }

    [TestBedFact]
    public async Task MuchStandardErrorHoldsUpNothing()
    {
        await using var session = await ConnectAsync();
        await using var channel = await session.ExecuteAsync("head -c 20000000 /dev/zero | tr '\\0' '\\n' >&2; echo done", default);
        Assert.Equal("done\n", await ReadAllAsync(channel));
    }

    [TestBedFact]
    public async Task AProgramThatDoesNotReadHoldsUpTheWriterUntilItIsCancelled()
    {
        await using var session = await ConnectAsync();
        await using var channel = await session.ExecuteAsync("sleep 60", default);
        using var cancel = new CancellationTokenSource(TimeSpan.FromSeconds(0.5));
        var block = new byte[256 * 1024];
        var written = 0L;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            while (true)
            {
                await channel.Output.WriteAsync(block, cancel.Token);
                written += block.Length;
            }
        });
        Assert.InRange(written, 1, 16 * 1024 * 1024);
    }

    [TestBedFact]
    public async Task MoreChannelsThanTheServerAllows()
    {
        await using var sshd = await PrivateSshd.StartAsync("MaxSessions 2");
        await using var session = await _connector.ConnectAsync(new SshTarget { Host = "127.0.0.1" }, sshd.Options(), default);
        await using var first = await session.ExecuteAsync("cat", default);
        await using var second = await session.ExecuteAsync("cat", default);
        var failure = await Assert.ThrowsAsync<NixRemoteException>(() => session.ExecuteAsync("cat", default));
        Assert.Equal(NixErrors.ChannelRefused, failure.Definition);
        Assert.Contains(session.Description, failure.Message);

        await second.DisposeAsync();
        await using var third = await session.ExecuteAsync("echo again", default);
        Assert.Equal("again\n", await ReadAllAsync(third));
    }

    [TestBedFact]
    public async Task CompressionIsUsedWhenItIsAskedFor()
    {
        await using var session = await _connector.ConnectAsync(new SshTarget { Host = "b234", Compress = true }, Options(), default);
        await using var channel = await session.ExecuteAsync("head -c 4000000 /dev/zero | wc -c; cat", default);
        await channel.Output.WriteAsync("more"u8.ToArray());
        await channel.Output.DisposeAsync();
        Assert.Equal("4000000\nmore", await ReadAllAsync(channel));
    }

    [TestBedFact]
    public async Task TheServerDiesWhileItSends()
    {
        await using var session = await ConnectAsync();
        await using var stream = await session.ExecuteAsync("cat /dev/zero", default);
        await using var killer = await session.ExecuteAsync("sleep 0.3; kill -9 $PPID", default);
        var watch = Stopwatch.StartNew();
        var failure = await Assert.ThrowsAsync<NixRemoteException>(() => ReadAllAsync(stream).WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal(NixErrors.ConnectionLost, failure.Definition);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0.1, 5);
        Assert.Equal("b234", failure.Builder);
        Assert.Null(await stream.Exited);
        Assert.False(session.IsConnected);
        Assert.Equal(NixErrors.ConnectionLost, (await Assert.ThrowsAsync<NixRemoteException>(() => session.ExecuteAsync("true", default))).Definition);
    }

    [TestBedFact]
    public async Task TheNetworkBreaksWhileBothWait()
    {
        using var wire = new FaultyWire(NixTestBed.Current.Node("b234").Port);
        await using var session = await ConnectAsync("b234", wire);
        await using var channel = await session.ExecuteAsync("cat", default);
        var reading = channel.Input.ReadAsync(new byte[10]).AsTask();
        wire.Cut();
        Assert.Equal(NixErrors.ConnectionLost, (await Assert.ThrowsAsync<NixRemoteException>(() => reading.WaitAsync(TimeSpan.FromSeconds(2)))).Definition);
        Assert.Equal(NixErrors.ConnectionLost, (await Assert.ThrowsAsync<NixRemoteException>(
            () => channel.Output.WriteAsync(new byte[1]).AsTask().WaitAsync(TimeSpan.FromSeconds(2)))).Definition);
    }

    [TestBedFact]
    public async Task AServerThatShowsNoSignOfLifeIsGivenUp()
    {
        using var wire = new FaultyWire(NixTestBed.Current.Node("b234").Port);
        await using var session = await ConnectAsync("b234", wire, TimeSpan.FromMilliseconds(100));
        await using var channel = await session.ExecuteAsync("cat", default);
        wire.Freeze();
        var failure = await Assert.ThrowsAsync<NixRemoteException>(() => ReadAllAsync(channel).WaitAsync(TimeSpan.FromSeconds(5)));
        Assert.Equal(NixErrors.ConnectionLost, failure.Definition);
        Assert.Contains("sign of life", failure.Message);
    }

    [TestBedFact]
    public async Task AQuietServerThatLivesIsNotGivenUp()
    {
        await using var session = await _connector.ConnectAsync(
            new SshTarget { Host = "b234" }, Options() with { KeepAliveInterval = TimeSpan.FromMilliseconds(50) }, default);
        await using var channel = await session.ExecuteAsync("sleep 1; echo here", default);
        Assert.Equal("here\n", await ReadAllAsync(channel));
    }

    [TestBedFact]
    public async Task AReaderThatSleepsLongerThanAllKeepAlivesKeepsItsConnection()
    {
        await using var session = await _connector.ConnectAsync(
            new SshTarget { Host = "b234" }, Options() with { KeepAliveInterval = TimeSpan.FromMilliseconds(50) }, default);
        await using var channel = await session.ExecuteAsync("head -c 30000000 /dev/zero; echo end", default);
        await WindowIsFullAsync(channel);
        await Task.Delay(1000);
        Assert.Equal(30_000_004, (await ReadAllAsync(channel)).Length);
    }

    [TestBedTheory]
    [InlineData("cat")]
    [InlineData("sleep 60")]
    [InlineData("trap '' TERM; while :; do sleep 1; done")]
    [InlineData("cat /dev/zero")]
    public async Task DisposingEndsWithinTwoSeconds(string command)
    {
        await using var session = await ConnectAsync();
        var channel = await session.ExecuteAsync(command, default);
        var watch = Stopwatch.StartNew();
        await channel.DisposeAsync();
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 2);
        await channel.Exited.WaitAsync(TimeSpan.FromSeconds(1));
        Assert.True(session.IsConnected);
    }

    [TestBedFact]
    public async Task DisposingEndsTheRemoteProgram()
    {
        await using var session = await ConnectAsync();
        var channel = await session.ExecuteAsync("echo $$; exec sleep 600", default);
        var pid = int.Parse(Encoding.ASCII.GetString((await ReadSomeAsync(channel)).Span), CultureInfo.InvariantCulture);
        await channel.DisposeAsync();
        await using var wait = await session.ExecuteAsync($"timeout 5 sh -c 'while test -e /proc/{pid}; do sleep 0.02; done'", default);
        Assert.Equal(0, await wait.Exited);
    }

    [TestBedFact]
    public async Task DisposingAFrozenConnectionEndsWithinTwoSeconds()
    {
        using var wire = new FaultyWire(NixTestBed.Current.Node("b234").Port);
        var session = await ConnectAsync("b234", wire);
        var channel = await session.ExecuteAsync("cat", default);
        wire.Freeze();
        using var cancel = new CancellationTokenSource(TimeSpan.FromSeconds(0.5));

        // More than all windows and buffers between here and there hold.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => channel.Output.WriteAsync(new byte[64 * 1024 * 1024], cancel.Token).AsTask());
        var watch = Stopwatch.StartNew();
        await channel.DisposeAsync();
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 2);
        watch.Restart();
        await session.DisposeAsync();
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 2);
    }

    [TestBedFact]
    public async Task AbortFailsReadersAndWritersAtOnceAndLeavesTheOthersAlone()
    {
        await using var session = await ConnectAsync();
        await using var aborted = await session.ExecuteAsync("sleep 60", default);
        await using var other = await session.ExecuteAsync("cat", default);
        var reading = aborted.Input.ReadAsync(new byte[10]).AsTask();
        var writing = aborted.Output.WriteAsync(new byte[64 * 1024 * 1024]).AsTask();
        aborted.Abort();
        await Assert.ThrowsAsync<NixRemoteException>(() => reading.WaitAsync(TimeSpan.FromSeconds(1)));
        await Assert.ThrowsAsync<NixRemoteException>(() => writing.WaitAsync(TimeSpan.FromSeconds(1)));
        await other.Output.WriteAsync("on"u8.ToArray());
        await other.Output.DisposeAsync();
        Assert.Equal("on", await ReadAllAsync(other));
    }

    [TestBedFact]
    public async Task ReadingCanBeCancelledAndGoneOnWith()
    {
        await using var session = await ConnectAsync();
        await using var channel = await session.ExecuteAsync("cat", default);
        for (var i = 0; i < 3; i++)
        {
            using var cancel = new CancellationTokenSource(20);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => channel.Input.ReadAsync(new byte[10], cancel.Token).AsTask());
        }

        await channel.Output.WriteAsync("late"u8.ToArray());
        await channel.Output.DisposeAsync();
        Assert.Equal("late", await ReadAllAsync(channel));
    }

    [TestBedFact]
    public async Task ADisposedSessionRunsNothingMore()
    {
        var session = await ConnectAsync();
        var channel = await session.ExecuteAsync("cat", default);
        await session.DisposeAsync();
        await session.DisposeAsync();
        Assert.False(session.IsConnected);
        await Assert.ThrowsAsync<NixRemoteException>(() => channel.Input.ReadAsync(new byte[1]).AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => session.ExecuteAsync("true", default));
    }

    [TestBedFact]
    public async Task ALongWayIsFilledByALargerWindow()
    {
        using var wire = new FaultyWire(NixTestBed.Current.Node("b234").Port, TimeSpan.FromMilliseconds(25));
        await using var session = await ConnectAsync("b234", wire);
        await using var channel = (ExecChannel)await session.ExecuteAsync("head -c 1000000000 /dev/zero; sleep 60", default);
        var buffer = new byte[256 * 1024];

        // The first one would limit 50 ms of round trip to 40 MiB/s. It grows while the reader keeps up, which a busy machine delays.
        for (var left = 1_000_000_000; left > 0 && channel.Window < SshLimits.MaxWindow; left -= await channel.Input.ReadAsync(buffer))
        {
            Assert.True(channel.Unread <= channel.Window);
        }

        Assert.Equal(SshLimits.MaxWindow, channel.Window);
    }

    [TestBedFact]
    public async Task ASlowReaderCostsNoMemory()
    {
        // A quarter of a second of everything that 300 MB/s would leave behind is far more than the bound.
        await using var session = await ConnectAsync();
        await using var channel = (ExecChannel)await session.ExecuteAsync("head -c 256000000 /dev/zero", default);
        var buffer = new byte[256 * 1024];
        var (total, peak) = (0L, 0L);
        for (int count; (count = await channel.Input.ReadAsync(buffer)) > 0;)
        {
            total += count;
            peak = Math.Max(peak, channel.Unread);
            if (total % (16 * 1024 * 1024) < count)
            {
                await Task.Delay(50);
            }
        }

        Assert.Equal(256_000_000, total);
        Assert.InRange(peak, 1, SshLimits.MaxWindow);
    }

    private static SshOptions Options() => new() { ConfigFile = NixTestBed.Current.SshConfigFile, ExtraArguments = "" };

    private static Task<ISshSession> ConnectAsync(string builder = "b234", FaultyWire? wire = null, TimeSpan? keepAlive = null) =>
        _connector.ConnectAsync(
            new SshTarget { Host = builder },
            Options() with
            {
                // The wire has a port of its own; the host key stays the builder's.
                ExtraArguments = wire is null ? "" : $"-p {wire.Port} -o HostKeyAlias={builder}",
                KeepAliveInterval = keepAlive,
            },
            default);

    private static async Task<ReadOnlyMemory<byte>> ReadSomeAsync(IDuplexChannel channel)
    {
        var buffer = new byte[1024];
        return buffer.AsMemory(0, await channel.Input.ReadAsync(buffer));
    }

    private static async Task<string> ReadAllAsync(IDuplexChannel channel)
    {
        using var all = new MemoryStream();
        await channel.Input.CopyToAsync(all);
        return Encoding.UTF8.GetString(all.GetBuffer(), 0, (int)all.Length);
    }

    private static async Task WindowIsFullAsync(IDuplexChannel channel)
    {
        // The server stops by itself; there is no signal for that but that nothing more comes.
        for (long before = -1; before != ((ExecChannel)channel).Unread;)
        {
            before = ((ExecChannel)channel).Unread;
            await Task.Delay(200);
        }
    }
}
