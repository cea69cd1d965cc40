using NixRemote.Tests.Stores;
using NixRemote.Transport;

namespace NixRemote.Tests.Transport;

/// <summary>How channels are spread over sessions.</summary>
public sealed class SshChannelPoolTests
{
    private readonly List<Session> _sessions = [];
    private readonly TaskCompletionSource _third = new();
    private TaskCompletionSource? _gate;
    private int _channelsAllowed = 10;
    private Exception? _refusal;

    [Fact]
    public async Task Eight_channels_share_a_session_and_more_sessions_connect_at_the_same_time()
    {
        await using var pool = Pool();
        _gate = new TaskCompletionSource();
        var opening = Enumerable.Range(0, 20).Select(_ => pool.ExecuteAsync("command", default)).ToArray();
        await _third.Task;
        Assert.All(opening, task => Assert.False(task.IsCompleted));
        _gate.SetResult();
        var channels = await Task.WhenAll(opening);
        Assert.Equal([8, 8, 4], _sessions.Select(s => s.Opened).OrderDescending());

        // A place that was given back is used again.
        await channels[0].DisposeAsync();
        await channels[0].DisposeAsync();
        await using var next = await pool.ExecuteAsync("command", default);
        Assert.Equal(3, _sessions.Count);
    }

    [Fact]
    public async Task A_server_that_allows_fewer_channels_gets_more_sessions()
    {
        _channelsAllowed = 2;
        await using var pool = Pool();
        var channels = new List<IDuplexChannel>();
        for (var i = 0; i < 5; i++)
        {
            channels.Add(await pool.ExecuteAsync("command", default));
        }

        Assert.Equal([2, 2, 1], _sessions.Select(s => s.Opened));

        // Where even the first one on a session is refused, nothing is left to try.
        _channelsAllowed = 0;
        await using var other = Pool();
        var refused = await Assert.ThrowsAsync<NixRemoteException>(() => other.ExecuteAsync("command", default));
        Assert.Equal(nameof(NixErrors.ChannelRefused), refused.ErrorId);
    }

    [Fact]
    public async Task A_session_that_cannot_connect_fails_all_who_wait_and_the_next_one_tries_again()
    {
        await using var pool = Pool();
        _refusal = new NixRemoteException(NixErrors.ConnectionRefused, "refused");
        var opening = Enumerable.Range(0, 3).Select(_ => pool.ExecuteAsync("command", default)).ToArray();
        foreach (var task in opening)
        {
            Assert.Equal(nameof(NixErrors.ConnectionRefused), (await Assert.ThrowsAsync<NixRemoteException>(() => task)).ErrorId);
        }

        _refusal = null;
        await using var channel = await pool.ExecuteAsync("command", default);
    }

    [Fact]
    public async Task A_lost_session_takes_no_new_channels_and_is_closed_with_its_last_one()
    {
        await using var pool = Pool();
        var first = await pool.ExecuteAsync("command", default);
        _sessions[0].IsConnected = false;
        await using var second = await pool.ExecuteAsync("command", default);
        Assert.Equal(1, _sessions[1].Opened);
        Assert.False(_sessions[0].IsDisposed);
        await first.DisposeAsync();
        Assert.True(_sessions[0].IsDisposed);
    }

    [Fact]
    public async Task One_who_gives_up_does_not_end_the_connecting_for_the_others_but_the_last_one_does()
    {
        await using var pool = Pool();
        _gate = new TaskCompletionSource();
        using var one = new CancellationTokenSource();
        using var other = new CancellationTokenSource();
        var first = pool.ExecuteAsync("command", one.Token);
        var second = pool.ExecuteAsync("command", other.Token);
        one.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.False(second.IsCompleted);
        other.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.Empty(_sessions);
        _gate = null;
        await using var third = await pool.ExecuteAsync("command", default);
    }

    [Fact]
    public async Task Disposing_closes_all_sessions()
    {
        var pool = Pool();
        var channel = await pool.ExecuteAsync("command", default);
        _gate = new TaskCompletionSource();
        var connecting = Enumerable.Range(0, 8).Select(_ => pool.ExecuteAsync("command", default)).ToArray()[^1];
        await pool.DisposeAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
        Assert.All(_sessions, session => Assert.True(session.IsDisposed));
        await channel.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pool.ExecuteAsync("command", default));
    }

    private SshChannelPool Pool() => new(new Connector(this), new SshTarget { Host = "b28" }, new SshOptions());

    private sealed class Connector(SshChannelPoolTests tests) : ISshConnector
    {
        public async Task<ISshSession> ConnectAsync(SshTarget target, SshOptions options, CancellationToken cancellationToken)
        {
            Assert.Equal("b28", target.Host);
            if (tests._refusal is not null)
            {
                throw tests._refusal;
            }

            var session = new Session(tests);
            lock (tests._sessions)
            {
                tests._sessions.Add(session);
                if (tests._sessions.Count == 3)
                {
                    tests._third.TrySetResult();
                }
            }

            try
            {
                await (tests._gate?.Task ?? Task.CompletedTask).WaitAsync(cancellationToken);
                return session;
            }
            catch
            {
                lock (tests._sessions)
                {
                    tests._sessions.Remove(session);
                }

                throw;
            }
        }
    }

    private sealed class Session(SshChannelPoolTests tests) : ISshSession
    {
        public string Description => "b28";

        public bool IsConnected { get; set; } = true;

        public bool IsDisposed { get; private set; }

        public string HostKeyFingerprint => "SHA256:";

        public int Opened { get; private set; }

        public Task<IDuplexChannel> ExecuteAsync(string command, CancellationToken cancellationToken)
        {
            lock (tests._sessions)
            {
                if (Opened >= tests._channelsAllowed)
                {
                    throw new NixRemoteException(NixErrors.ChannelRefused, "refused");
                }

                Opened++;
            }

            return Task.FromResult<IDuplexChannel>(ScriptedPeer.Run(peer => peer.DrainAsync()));
        }

        public ValueTask DisposeAsync()
        {
            IsDisposed = true;
            return ValueTask.CompletedTask;
        }
    }
}
