using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Tests.Stores;

/// <summary>Nothing waits for an answer before the next request leaves, and nothing grows without bound for it.</summary>
public sealed class PipeliningTests
{
    // The server answers nothing before it has seen all requests: a client in lock-step would wait for ever.
    [Theory]
    [InlineData("serve", "upload")]
    [InlineData("serve", "download")]
    [InlineData("worker-1.25", "upload")]
    [InlineData("worker", "query")]
    [InlineData("worker", "protect")]
    [InlineData("worker", "download")]
    public async Task Requests_do_not_wait_for_answers(string protocol, string operation)
    {
        var samples = StoreSamples.Chain(200);
        var kept = new FakeStore();
        Array.ForEach(samples, kept.Add);
        var peer = ScriptedPeer.Run(async p =>
        {
            await (protocol == "serve" ? FakeServe.ShakeHandsAsync(p, 0x207) : new FakeDaemon(protocol == "worker" ? 38 : 25, kept).ShakeHandsAsync(p));
            if (operation == "protect")
            {
                // Only what is valid is protected: that is asked first, and afterwards whether it still is.
                await AnswerValidPathsAsync(p);
            }

            for (var i = 0; i < samples.Length; i++)
            {
                var opcode = await p.FromClient.ReadUInt64Async(default);
                switch (operation)
                {
                    case "upload":
                        var info = await FakeStore.ReadValidPathInfoAsync(p.FromClient);
                        if (protocol == "serve")
                        {
                            await FakeStore.ReadRawAsync(p.FromClient, info.NarSize);
                            p.ToClient.WriteUInt64(1);
                        }
                        else
                        {
                            await p.FromClient.ReadBoolAsync("repair", default);
                            await p.FromClient.ReadBoolAsync("dontCheckSigs", default);
                            await FakeStore.ReadFramedAsync(p.FromClient);
                            p.ToClient.WriteUInt64(FakeDaemon.Last);
                        }

                        break;
                    default:
                        var path = await p.FromClient.ReadPathAsync("path", default);
                        if (protocol != "serve")
                        {
                            p.ToClient.WriteUInt64(FakeDaemon.Last);
                        }

                        if (operation == "download")
                        {
                            p.ToClient.WriteRaw(kept.Nars[path]);
                        }
                        else
                        {
                            Assert.Equal(operation == "query" ? 26UL : 11UL, opcode);
                            p.ToClient.WriteUInt64(operation == "query" ? 0UL : 1UL);
                        }

                        break;
                }
            }

            await p.ToClient.FlushAsync(default);
            if (operation == "protect")
            {
                await AnswerValidPathsAsync(p);
            }

            await p.DrainAsync();
        });
        await using IStoreConnection store = protocol == "serve"
            ? await ServeConnection.OpenAsync(peer, "b28", default)
            : await WorkerConnection.OpenAsync(peer, "b28", default);
        var paths = samples.Select(s => s.Info.Path).ToArray();
        await (operation switch
        {
            "upload" => store.AddPathsAsync(samples.Length, samples.Items(), default),
            "query" => store.QueryPathInfosAsync(paths, default),
            "protect" => store.QueryValidPathsAsync(paths, protect: true, substitute: false, default),
            _ => store.ReadAllAsync([.. samples.Select(s => s.Info)]),
        }).WaitAsync(TimeSpan.FromSeconds(30));
        await store.DisposeAsync();
        await peer.Script;
    }

    private static async Task AnswerValidPathsAsync(ScriptedPeer peer)
    {
        Assert.Equal(31UL, await peer.FromClient.ReadUInt64Async(default));
        var paths = await FakeStore.ReadPathsAsync(peer.FromClient);
        await peer.FromClient.ReadBoolAsync("substitute", default);
        peer.ToClient.WriteUInt64(FakeDaemon.Last);
        peer.ToClient.WritePathSet(paths);
        await peer.ToClient.FlushAsync(default);
    }

    [Fact]
    public async Task Big_archives_are_asked_for_alone_and_small_ones_up_to_a_sum()
    {
        var window = new PipelineWindow(4, 100);
        Assert.True(window.TryEnter(1000)); // alone, whatever its size
        Assert.False(window.TryEnter(1));
        var waiting = window.WaitAsync(30, default);
        Assert.False(waiting.IsCompleted);
        window.Leave(1000);
        await waiting;
        Assert.True(window.TryEnter(30));
        Assert.True(window.TryEnter(30));
        Assert.True(window.TryEnter(40));
        Assert.False(window.TryEnter(1)); // the sum
        Assert.True(window.TryEnter(0));
        Assert.False(window.TryEnter(0)); // the number
        waiting = window.WaitAsync(0, default);
        window.Leave(30);
        Assert.False(waiting.IsCompleted); // not before half of it is free: requests leave in batches
        window.Leave(30);
        await waiting;
        using var cancel = new CancellationTokenSource();
        Assert.True(window.TryEnter(0));
        waiting = window.WaitAsync(99, cancel.Token);
        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task A_consumer_that_stops_holds_no_more_than_the_window()
    {
        var samples = Enumerable.Range(0, 40).Select(i => StoreSamples.File($"quarter-{i}", new byte[1 << 20])).ToArray();
        var asked = 0;
        var peer = ScriptedPeer.Run(async p =>
        {
            await FakeServe.ShakeHandsAsync(p, 0x207);
            while (await p.FromClient.PeekUInt64Async(0, default) is not null)
            {
                Assert.Equal(3UL, await p.FromClient.ReadUInt64Async(default));
                var path = await p.FromClient.ReadPathAsync("path", default);
                Interlocked.Increment(ref asked);
                p.ToClient.WriteRaw(samples.Single(s => s.Info.Path == path).Nar);
                await p.ToClient.FlushAsync(default);
            }
        });
        await using var store = await ServeConnection.OpenAsync(peer, "b28", default);
        var read = 0;
        await foreach (var item in store.ReadNarsAsync([.. samples.Select(s => s.Info)], default))
        {
            Assert.InRange(Volatile.Read(ref asked) - read, 0, (int)(WireLimits.ArchiveBytesInFlight / samples[0].Nar.Length) + 1);
            await item.Nar.CopyToAsync(Stream.Null);
            read++;
        }

        Assert.Equal((40, true), (read, store.IsUsable));
    }

    [Fact]
    public async Task An_archive_that_was_not_read_is_skipped_and_giving_up_breaks_the_connection()
    {
        var samples = StoreSamples.Chain(5);
        var kept = new FakeStore();
        Array.ForEach(samples, kept.Add);
        await using var store = await WorkerConnection.OpenAsync(ScriptedPeer.Run(new FakeDaemon(38, kept).RunAsync), "b28", default);
        var infos = samples.Select(s => s.Info).ToArray();
        await foreach (var item in store.ReadNarsAsync(infos, default))
        {
            _ = await item.Nar.ReadAsync(new byte[10]);
        }

        Assert.True(store.IsUsable);
        Assert.Equal(5, (await store.QueryValidPathsAsync([.. infos.Select(i => i.Path)], false, false, default)).Count);
        await foreach (var item in store.ReadNarsAsync(infos, default))
        {
            break;
        }

        Assert.False(store.IsUsable);
        var closed = await Assert.ThrowsAsync<NixRemoteException>(() => store.IsValidPathAsync(infos[0].Path, default));
        Assert.Equal((nameof(NixErrors.ConnectionLost), "b28"), (closed.ErrorId, closed.Builder));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_error_in_the_middle_of_an_upload_ends_it_and_leaves_the_connection_usable(bool multiple)
    {
        var daemon = new FakeDaemon(38, new FakeStore());
        var peer = ScriptedPeer.Run(async p =>
        {
            await daemon.ShakeHandsAsync(p);
            Assert.Equal(44UL, await p.FromClient.ReadUInt64Async(default));
            await p.FromClient.ReadBoolAsync("repair", default);
            await p.FromClient.ReadBoolAsync("dontCheckSigs", default);
            await FakeStore.ReadRawAsync(p.FromClient, await p.FromClient.ReadNumberAsync(int.MaxValue, "frame", default));
            daemon.WriteError(p.ToClient, "error: disk full");
            await p.ToClient.FlushAsync(default);
            await FakeStore.ReadFramedAsync(p.FromClient); // A daemon drains what still comes.
            await daemon.AnswerAllAsync(p);
        });
        await using var store = await WorkerConnection.OpenAsync(peer, "b28", default);
        var samples = multiple ? StoreSamples.Chain(20_000) : [StoreSamples.File("big", new byte[20 << 20])];
        var failure = await Assert.ThrowsAsync<NixRemoteException>(() => store.AddPathsAsync(samples.Length, samples.Items(), default));
        Assert.Equal((nameof(NixErrors.RemoteError), "b28 answered: disk full"), (failure.ErrorId, failure.Message));
        Assert.True(store.IsUsable);
        Assert.Empty(await store.QueryValidPathsAsync([samples[0].Info.Path], false, false, default));
    }

    [Fact]
    public async Task The_last_lines_of_a_build_belong_to_it_even_if_they_come_after_its_result()
    {
        var kept = new FakeStore();
        var fences = 0;
        var peer = ScriptedPeer.Run(new FakeServe(0x207, kept)
        {
            Before = (p, command) =>
            {
                // The build's result is on its way when its log arrives: with the request that follows it.
                if (command == 1 && ++fences <= 3)
                {
                    p.Say($"late {fences}\n");
                }

                return Task.CompletedTask;
            },
        }.RunAsync);
        await using var store = await ServeConnection.OpenAsync(peer, "b28", default);
        var log = new List<StoreEvent>();
        await store.BuildDerivationAsync(StoreSamples.Derivation("x", "true"), new BuildOptions(), log.Add, default);
        Assert.Equal(["late 1", "late 2", "late 3"], log.Cast<StoreEvent.BuildLogLine>().Select(line => line.Text));
        Assert.Equal(4, fences);
    }

    [Fact]
    public async Task One_operation_at_a_time()
    {
        var kept = new FakeStore();
        var release = new TaskCompletionSource();
        var peer = ScriptedPeer.Run(new FakeDaemon(38, kept) { Before = (_, _) => release.Task }.RunAsync);
        await using var store = await WorkerConnection.OpenAsync(peer, "b28", default);
        var first = store.IsValidPathAsync(StoreSamples.Path("x"), default);
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.IsValidPathAsync(StoreSamples.Path("x"), default));
        release.SetResult();
        Assert.False(await first);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(3, 2)]
    public async Task As_many_paths_must_come_as_were_announced(int announced, int come)
    {
        await using var store = await WorkerConnection.OpenAsync(ScriptedPeer.Run(new FakeDaemon(31, new FakeStore()).RunAsync), "b28", default);
        await Assert.ThrowsAsync<ArgumentException>(() => store.AddPathsAsync(announced, StoreSamples.Chain(come).Items(), default));
    }
}
