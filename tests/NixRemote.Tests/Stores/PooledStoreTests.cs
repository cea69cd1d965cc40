using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Tests.Stores;

/// <summary>The rules of the pool, over scripted daemons.</summary>
public sealed class PooledStoreTests
{
    private readonly List<ScriptedPeer> _opened = [];
    private readonly FakeStore _kept = new();

    [Fact]
    public async Task The_connection_that_was_used_last_is_used_next()
    {
        await using var pool = Pool(3);
        var first = await pool.RentAsync(default);
        var second = await pool.RentAsync(default);
        var (a, b) = (first.Connection, second.Connection);
        Assert.Equal((false, false), (first.IsReused, second.IsReused));
        await first.DisposeAsync();
        await second.DisposeAsync();
        await second.DisposeAsync(); // Twice is once.
        await using var third = await pool.RentAsync(default);
        await using var fourth = await pool.RentAsync(default);
        Assert.Same(b, third.Connection);
        Assert.Same(a, fourth.Connection);
        Assert.True(third.IsReused);
        Assert.Equal(2, _opened.Count);
    }

    [Fact]
    public async Task Callers_above_the_limit_wait_in_their_order_and_a_cancelled_one_is_skipped()
    {
        await using var pool = Pool(1);
        var lease = await pool.RentAsync(default);
        using var cancel = new CancellationTokenSource();
        var waiting = new[] { pool.RentAsync(default), pool.RentAsync(cancel.Token), pool.RentAsync(default) };
        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting[1]);
        Assert.All([waiting[0], waiting[2]], task => Assert.False(task.IsCompleted));
        await lease.DisposeAsync();
        var next = await waiting[0];
        Assert.False(waiting[2].IsCompleted);
        await next.DisposeAsync();
        await (await waiting[2]).DisposeAsync();
        Assert.Single(_opened);
    }

    [Fact]
    public async Task A_connection_that_is_not_usable_is_dropped_and_its_place_goes_to_who_waits()
    {
        await using var pool = Pool(1);
        var lease = await pool.RentAsync(default);
        var waiting = pool.RentAsync(default);
        await lease.Connection.DisposeAsync();
        await lease.DisposeAsync();
        await using var next = await waiting;
        Assert.NotSame(lease.Connection, next.Connection);
        Assert.True(next.Connection.IsUsable);
        Assert.Equal(2, _opened.Count);
    }

    [Fact]
    public async Task Opening_that_fails_gives_the_place_back_and_names_the_store()
    {
        var fails = true;
        await using var pool = new PooledStore("b28", 1, async token => fails
            ? throw new NixRemoteException(NixErrors.ConnectionRefused, "refused") { Builder = "127.0.0.1" }
            : await OpenAsync(token));
        var failure = await Assert.ThrowsAsync<NixRemoteException>(() => pool.ConnectAsync(default));
        Assert.Equal("b28", failure.Builder);
        fails = false;
        Assert.Equal("2.99", (await pool.ConnectAsync(default)).NixVersion);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task What_fails_because_an_idle_connection_had_died_is_done_on_a_fresh_one(int connections)
    {
        await using var pool = Pool(3);
        var leases = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => pool.RentAsync(default)));
        foreach (var lease in leases)
        {
            await lease.DisposeAsync();
        }

        // Dead, but nobody has noticed: their exit is not known yet.
        _opened.ForEach(peer => peer.CutOff());
        var path = StoreSamples.Path("x");
        Assert.Empty(await pool.QueryValidPathsAsync([path], false, false, default));
        Assert.Equal(connections + 1, _opened.Count);
    }

    [Fact]
    public async Task What_was_answered_in_part_or_failed_on_a_fresh_one_is_not_tried_again()
    {
        var opened = 0;
        await using var fresh = new PooledStore("b28", 2, async _ =>
        {
            opened++;
            return await WorkerConnection.OpenAsync(ScriptedPeer.Run(async p =>
            {
                await new FakeDaemon(38, _kept).ShakeHandsAsync(p);
                await p.FromClient.ReadUInt64Async(default);
            }), "b28", default);
        });
        await Assert.ThrowsAsync<NixRemoteException>(() => fresh.QueryValidPathsAsync([StoreSamples.Path("x")], false, false, default));
        Assert.Equal(1, opened);

        await using var partly = new PooledStore("b28", 2, async _ =>
        {
            opened++;
            var peer = ScriptedPeer.Run(new FakeDaemon(38, _kept)
            {
                Before = async (p, operation) =>
                {
                    if (operation == 31)
                    {
                        FakeDaemon.WriteMessage(p.ToClient, "half of an answer");
                        await p.ToClient.FlushAsync(default);
                        p.Exit(1);
                    }
                },
            }.RunAsync);
            return await WorkerConnection.OpenAsync(peer, "b28", default);
        });
        Assert.Empty(await partly.QueryPathInfosAsync([StoreSamples.Path("x")], default));
        await Assert.ThrowsAsync<NixRemoteException>(() => partly.QueryValidPathsAsync([StoreSamples.Path("x")], false, false, default));
        Assert.Equal(2, opened);
    }

    [Fact]
    public async Task Disposing_closes_every_connection_and_ends_the_wait_for_one()
    {
        var transport = new Transport();
        var pool = new PooledStore("b28", 1, OpenAsync, transport);
        var lease = await pool.RentAsync(default);
        var waiting = pool.RentAsync(default);
        await pool.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pool.RentAsync(default));
        Assert.False(lease.Connection.IsUsable);
        Assert.True(_opened[0].IsAborted);
        Assert.True(transport.IsDisposed);
        await lease.DisposeAsync();
    }

    [Fact]
    public async Task Archives_hold_their_connection_until_the_enumeration_ends()
    {
        var samples = StoreSamples.Chain(2);
        Array.ForEach(samples, _kept.Add);
        await using var pool = Pool(1);
        Task<StoreLease>? rented = null;
        await foreach (var item in pool.ReadNarsAsync([.. samples.Select(s => s.Info)], default))
        {
            await item.Nar.CopyToAsync(Stream.Null);
            rented = pool.RentAsync(default);
            Assert.False(rented.IsCompleted);
            break;
        }

        await using var lease = await rented!;
        Assert.Equal(2, _opened.Count); // The first was given up in the middle.
    }

    private PooledStore Pool(int maxConnections) => new("b28", maxConnections, OpenAsync);

    private async Task<IStoreConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var peer = ScriptedPeer.Run(new FakeDaemon(38, _kept).RunAsync);
        lock (_opened)
        {
            _opened.Add(peer);
        }

        return await WorkerConnection.OpenAsync(peer, "b28", cancellationToken);
    }

    private sealed class Transport : IAsyncDisposable
    {
        public bool IsDisposed { get; private set; }

        public ValueTask DisposeAsync()
        {
            IsDisposed = true;
            return ValueTask.CompletedTask;
        }
    }
}
