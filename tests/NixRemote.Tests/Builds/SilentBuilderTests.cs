using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using NixRemote.Builders;
using NixRemote.Builds;
using NixRemote.Stores;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Builds;

/// <summary>Builders that take a connection and do not go on: whoever else can build does, and waits for none of them.</summary>
[Collection(TestBedCollection.Name)]
public sealed class SilentBuilderTests
{
    private static NixTestBed Bed => NixTestBed.Current;

    [TestBedTheory]
    [InlineData("never answers")]
    [InlineData("banner only")]
    [InlineData("hangs in the handshake")]
    public async Task Nobody_waits_for_it(string kind)
    {
        await using var silent = await SilentBuilder.MakeAsync(kind);
        var goals = await InstantiateAsync(12);
        var events = new ConcurrentQueue<BuildEvent>();

        var results = await TestBedRuns.RunAsync(
            goals, [silent.Builder, TestBedRuns.Builder("b28", "ssh")], new BuildRunOptions(), events.Enqueue, CancellationToken.None, TimeSpan.FromMinutes(10));

        // The run is over long before that limit.
        Assert.All(results, r => Assert.Equal((GoalStatus.Built, "b28"), (r.Status, r.Builder)));
        Assert.Empty(events.OfType<BuildEvent.BuilderLost>());
        Assert.Equal(1, await silent.CountAsync());
    }

    [TestBedTheory]
    [InlineData("never answers", nameof(NixErrors.ServerSilent))]
    [InlineData("banner only", nameof(NixErrors.HandshakeTimeout))]
    [InlineData("hangs in the handshake", nameof(NixErrors.BuilderSilent))]
    public async Task Where_there_is_no_other_one_connect_timeout_is_lost_however_many_derivations_wait(string kind, string error)
    {
        await using var silent = await SilentBuilder.MakeAsync(kind);
        var goals = await InstantiateAsync(12);
        var events = new ConcurrentQueue<BuildEvent>();

        var results = await TestBedRuns.RunAsync(goals, [silent.Builder], new BuildRunOptions { KeepGoing = true }, events.Enqueue, CancellationToken.None, TimeSpan.FromSeconds(3));

        Assert.All(results, r => Assert.Equal(error, r.Error!.Definition.Id));
        Assert.Single(events.OfType<BuildEvent.BuilderLost>());
        Assert.Equal(1, await silent.CountAsync());
    }

    private static Task<IReadOnlyList<string>> InstantiateAsync(int count) =>
        Bed.InstantiateAllAsync($"[ {string.Join(' ', Enumerable.Range(0, count).Select(i => $"({Nonce.Derivation($"goal{i}", "echo > $out")})"))} ]");

    /// <summary>A builder that hangs, and how often it was reached.</summary>
    private sealed class SilentBuilder : IAsyncDisposable
    {
        private readonly TcpListener? _listener;
        private readonly List<TcpClient> _clients = [];
        private readonly Task _accepting = Task.CompletedTask;
        private readonly string? _log;

        private SilentBuilder(string banner)
        {
            _listener = new TcpListener(IPAddress.Loopback, 0);
            _listener.Start();
            Builder = TestBedRuns.Builder("silent", "ssh", $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
            _accepting = AcceptAsync(Encoding.ASCII.GetBytes(banner));
        }

        private SilentBuilder(string program, string log)
        {
            _log = log;
            Builder = TestBedRuns.Builder("silent", "ssh", $"b226?remote-program={program}");
        }

        public NixBuilder Builder { get; }

        public static async Task<SilentBuilder> MakeAsync(string kind)
        {
            if (kind != "hangs in the handshake")
            {
                return new SilentBuilder(kind == "banner only" ? "SSH-2.0-OpenSSH_9.2\r\n" : "");
            }

            var program = $"/tmp/{Nonce.Next()}";
            await Bed.ExecAsync("b226", "sh", "-c", $"printf '#!/bin/sh\\necho reached >> {program}.log\\nexec cat > /dev/null\\n' > {program}; chmod 755 {program}; touch {program}.log; chmod 666 {program}.log");
            return new SilentBuilder(program, program + ".log");
        }

        /// <summary>How often a connection was made.</summary>
        public async Task<int> CountAsync() => _log is null
            ? _clients.Count
            : (await Bed.ExecAsync("b226", "cat", _log)).Succeeded().Split('\n').Length;

        public async ValueTask DisposeAsync()
        {
            _listener?.Stop();
            await _accepting;
            _clients.ForEach(c => c.Dispose());
        }

        private async Task AcceptAsync(byte[] banner)
        {
            try
            {
                while (true)
                {
                    var client = await _listener!.AcceptTcpClientAsync();
                    _clients.Add(client);
                    await client.GetStream().WriteAsync(banner);
                }
            }
            catch (Exception ended) when (ended is SocketException or IOException or ObjectDisposedException)
            {
                // Nobody listens any more.
            }
        }
    }
}
