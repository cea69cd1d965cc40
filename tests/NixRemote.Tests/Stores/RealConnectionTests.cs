using System.Diagnostics;
using System.Text;
using NixRemote.StoreObjects;
using NixRemote.Stores;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Stores;

/// <summary>Both protocols against real Nix 2.8, 2.26 and 2.34 (wire.md §3, §4).</summary>
public sealed class RealConnectionTests
{
    [TestBedTheory]
    [InlineData("b28", "serve", "2.7", null, TrustLevel.Unknown)]
    [InlineData("b226", "serve", "2.7", null, TrustLevel.Unknown)]
    [InlineData("b234", "serve", "2.7", null, TrustLevel.Unknown)]
    [InlineData("b28", "worker", "1.34", "2.8.0", TrustLevel.Unknown)]
    [InlineData("b226", "worker", "1.38", "2.26.3", TrustLevel.Trusted)]
    [InlineData("b234", "worker", "1.38", "2.34.8", TrustLevel.Trusted)]
    [InlineData("b28", "socket", "1.34", "2.8.0", TrustLevel.Unknown)]
    [InlineData("b226", "socket", "1.38", "2.26.3", TrustLevel.Trusted)]
    [InlineData("b234", "socket", "1.38", "2.34.8", TrustLevel.Trusted)]
    [InlineData("b226", "guest", "1.38", "2.26.3", TrustLevel.NotTrusted)]
    [InlineData("b234", "guest", "1.38", "2.34.8", TrustLevel.NotTrusted)]
    public async Task The_handshake_tells_version_and_trust(string node, string way, string version, string? nixVersion, TrustLevel trust)
    {
        await using var store = await RealStores.OpenAsync(node, way);
        Assert.Equal(version, store.Info.Version.ToString());
        Assert.Equal(nixVersion, store.Info.NixVersion);
        Assert.Equal(trust, store.Info.Trust);
        Assert.Equal(way.EndsWith("serve", StringComparison.Ordinal) ? StoreProtocol.Serve : StoreProtocol.Worker, store.Info.Protocol);
        Assert.Same(store.Info, await store.ConnectAsync(default));
    }

    [TestBedTheory]
    [MemberData(nameof(RealStores.All), MemberType = typeof(RealStores))]
    public async Task Paths_that_were_added_are_valid_and_come_back_the_same(string node, string way)
    {
        await using var store = await RealStores.OpenAsync(node, way);
        var samples = StoreSamples.Chain(300);
        await store.AddPathsAsync(samples.Length, samples.Items(), default);

        StorePath[] asked = [.. samples.Select(s => s.Info.Path), StoreSamples.Path("nobody-has-it")];
        var valid = await store.QueryValidPathsAsync(asked, protect: true, substitute: false, default);
        Assert.Equal(asked[..^1].ToHashSet(), valid);

        var infos = await store.QueryPathInfosAsync(asked, default);
        Assert.Equal(samples.Length, infos.Count);
        Assert.All(samples, sample =>
        {
            var info = infos[sample.Info.Path];
            Assert.Equal((sample.Info.NarHash, sample.Info.NarSize), (info.NarHash, info.NarSize));
            Assert.Equal(sample.Info.References, info.References);
            Assert.False(info.Ultimate);
        });

        var archives = await store.ReadAllAsync([.. infos.Values]);
        Assert.All(samples, sample => Assert.Equal(sample.Nar, archives[sample.Info.Path]));
        Assert.True(await NixTestBed.Current.VerifyPathAsync(node, samples[^1].Info.Path.ToString()));
        Assert.True(store.IsUsable);
    }

    [TestBedTheory]
    [MemberData(nameof(RealStores.All), MemberType = typeof(RealStores))]
    public async Task Archives_bigger_than_the_window_and_the_buffers_go_both_ways(string node, string way)
    {
        await using var store = await RealStores.OpenAsync(node, way);
        var random = new Random(7);
        var samples = new[] { 9_000_001, 1, 5_000_000, 0, 131_072, 3_000_007 }.Select((size, i) =>
        {
            var contents = new byte[size];
            random.NextBytes(contents);
            return StoreSamples.File($"big-{i}", contents);
        }).ToArray();
        await store.AddPathsAsync(samples.Length, samples.Items(), default);
        var archives = await store.ReadAllAsync([.. samples.Select(s => s.Info)]);
        Assert.All(samples, sample => Assert.True(sample.Nar.AsSpan().SequenceEqual(archives[sample.Info.Path])));
    }

    [TestBedTheory]
    [MemberData(nameof(RealStores.All), MemberType = typeof(RealStores))]
    public async Task A_derivation_is_built_and_its_log_comes_line_by_line(string node, string way)
    {
        await using var store = await RealStores.OpenAsync(node, way);
        var input = StoreSamples.File("input", "from the input"u8.ToArray());
        await store.AddPathsAsync(1, new[] { input }.Items(), default);
        var derivation = StoreSamples.Derivation("greeting",
            $"i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done; echo last without end >&2; cat {input.Info.Path} > $out", input.Info.Path);
        var log = new List<string>();
        var result = await store.BuildDerivationAsync(derivation, new BuildOptions(), e => Collect(e, log), default);

        Assert.Equal((BuildStatus.Built, ""), (result.Status, result.ErrorMessage));
        Assert.Equal([.. Enumerable.Range(0, 2000).Select(i => $"line {i}"), "last without end"], log);

        var again = await store.BuildDerivationAsync(derivation, new BuildOptions(), null, default);
        Assert.Equal(BuildStatus.AlreadyValid, again.Status);
        Assert.True(again.IsSuccess);
        var output = derivation.Outputs[0].Path!;
        var info = (await store.QueryPathInfosAsync([output], default))[output];
        Assert.Contains("from the input", Encoding.UTF8.GetString((await store.ReadAllAsync([info]))[output]), StringComparison.Ordinal);
    }

    [TestBedTheory]
    [MemberData(nameof(RealStores.All), MemberType = typeof(RealStores))]
    public async Task A_failing_build_is_a_result_and_the_connection_goes_on(string node, string way)
    {
        await using var store = await RealStores.OpenAsync(node, way);
        var log = new List<string>();
        var derivation = StoreSamples.Derivation("failing", "echo about to fail; exit 3");
        var result = await store.BuildDerivationAsync(derivation, new BuildOptions(), e => Collect(e, log), default);
        Assert.Equal(BuildStatus.PermanentFailure, result.Status);
        Assert.False(result.IsSuccess);
        Assert.Contains("exit code 3", result.ErrorMessage, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', result.ErrorMessage);
        Assert.Equal(["about to fail"], log);
        Assert.True(store.IsUsable);
        Assert.Empty(await store.QueryValidPathsAsync([derivation.Outputs[0].Path!], false, false, default));
    }

    [TestBedTheory]
    [MemberData(nameof(RealStores.All), MemberType = typeof(RealStores))]
    public async Task Limits_end_a_build_over_both_protocols(string node, string way)
    {
        await Task.WhenAll(
            BuildAsync("sleep 60", new BuildOptions { Timeout = TimeSpan.FromSeconds(1) }, BuildStatus.TimedOut),
            BuildAsync("sleep 60", new BuildOptions { MaxSilentTime = TimeSpan.FromSeconds(1) }, BuildStatus.TimedOut),
            BuildAsync("while :; do echo more and more; done", new BuildOptions { MaxLogSize = 1000 }, BuildStatus.LogLimitExceeded));

        async Task BuildAsync(string script, BuildOptions options, BuildStatus status)
        {
            await using var store = await RealStores.OpenAsync(node, way);
            var result = await store.BuildDerivationAsync(StoreSamples.Derivation("endless", script), options, null, default);
            Assert.Equal(status, result.Status);
        }
    }

    [TestBedTheory]
    [MemberData(nameof(RealStores.All), MemberType = typeof(RealStores))]
    public async Task Cancelling_ends_the_remote_build(string node, string way)
    {
        await using var store = await RealStores.OpenAsync(node, way);
        using var cancel = new CancellationTokenSource();

        // The build holds a lock as long as any of its processes lives, and is silent after its first line.
        var marker = $"/tmp/{Nonce.Next()}";
        var script = $"mkdir -m 777 {marker} && exec 9>{marker}/running && flock 9 && echo started && exec sleep 1000";
        var started = new TaskCompletionSource();
        var build = store.BuildDerivationAsync(
            StoreSamples.Derivation("waiting", script), new BuildOptions(), e => Set(e, started), cancel.Token);
        await Task.WhenAny(started.Task, build);
        Assert.False(build.IsCompleted, build.IsCompleted ? (await build).ErrorMessage : "");
        var clock = Stopwatch.StartNew();
        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => build);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.False(store.IsUsable);
        (await NixTestBed.Current.ExecAsync(node, "flock", "--timeout", "10", $"{marker}/running", "rm", "-r", marker)).Succeeded();
    }

    [TestBedTheory]
    [InlineData("b28")]
    [InlineData("b226")]
    [InlineData("b234")]
    public async Task An_untrusted_user_can_neither_build_input_addressed_derivations_nor_add_unsigned_paths(string node)
    {
        await using var store = await RealStores.OpenAsync(node, "guest");
        var refused = await Assert.ThrowsAsync<NixRemoteException>(() =>
            store.BuildDerivationAsync(StoreSamples.Derivation("refused", "true"), new BuildOptions(), null, default));
        Assert.Equal((nameof(NixErrors.NotTrusted), node), (refused.ErrorId, refused.Builder));
        Assert.True(store.IsUsable);

        var samples = StoreSamples.Chain(3);
        var unsigned = await Assert.ThrowsAsync<NixRemoteException>(() => store.AddPathsAsync(3, samples.Items(), default));
        Assert.Equal(nameof(NixErrors.SignatureMissing), unsigned.ErrorId);
        Assert.DoesNotContain('\e', unsigned.Message);

        await using var serve = await RealStores.OpenAsync(node, "guest-serve");
        unsigned = await Assert.ThrowsAsync<NixRemoteException>(() => serve.AddPathsAsync(3, samples.Items(), default));
        Assert.Equal((nameof(NixErrors.SignatureMissing), node), (unsigned.ErrorId, unsigned.Builder));
        Assert.Contains("lacks a", unsigned.StandardErrorTail, StringComparison.Ordinal);
        Assert.False(serve.IsUsable);
    }

    [TestBedTheory]
    [MemberData(nameof(RealStores.All), MemberType = typeof(RealStores))]
    public async Task A_path_that_went_away_before_its_archive_was_read_is_not_valid(string node, string way)
    {
        await using var store = await RealStores.OpenAsync(node, way);
        var gone = StoreSamples.File("gone", "x"u8.ToArray());
        var failure = await Assert.ThrowsAnyAsync<NixRemoteException>(() => store.ReadAllAsync([gone.Info]));
        Assert.Equal((node, gone.Info.Path.ToString()), (failure.Builder, failure.Target));
        Assert.Contains(failure.ErrorId, new[] { nameof(NixErrors.PathNotValid), nameof(NixErrors.RemoteDied), nameof(NixErrors.RemoteError) });
        Assert.False(store.IsUsable);
    }

    [TestBedTheory]
    [MemberData(nameof(RealStores.All), MemberType = typeof(RealStores))]
    public async Task An_archive_of_another_hash_is_refused_by_the_store(string node, string way)
    {
        await using var store = await RealStores.OpenAsync(node, way);
        var good = StoreSamples.File("good", "good"u8.ToArray());
        var bad = StoreSamples.File("bad", "bad"u8.ToArray());
        bad = bad with { Info = bad.Info with { NarHash = good.Info.NarHash } };
        var failure = await Assert.ThrowsAnyAsync<NixRemoteException>(() => store.AddPathsAsync(2, new[] { good, bad }.Items(), default));
        Assert.Contains("hash mismatch", failure.Message, StringComparison.Ordinal);

        await using var other = await RealStores.OpenAsync(node, way);
        Assert.Equal([good.Info.Path], await other.QueryValidPathsAsync([good.Info.Path, bad.Info.Path], false, false, default));
    }

    [TestBedTheory]
    [MemberData(nameof(RealStores.All), MemberType = typeof(RealStores))]
    public async Task A_source_that_fails_is_the_failure_and_what_was_complete_is_kept(string node, string way)
    {
        foreach (var inArchive in new[] { false, true })
        {
            await using var store = await RealStores.OpenAsync(node, way);
            var samples = StoreSamples.Chain(5);
            async IAsyncEnumerable<NarItem> Failing()
            {
                foreach (var (info, nar) in samples[..3])
                {
                    yield return new NarItem(info, new MemoryStream(nar));
                }

                await Task.CompletedTask;
                if (inArchive)
                {
                    yield return new NarItem(samples[3].Info, new MemoryStream(samples[3].Nar[..^8]));
                }

                throw new TimeoutException("the source is tired");
            }

            var failure = await Assert.ThrowsAnyAsync<Exception>(() => store.AddPathsAsync(5, Failing(), default));
            if (inArchive)
            {
                Assert.Equal(nameof(NixErrors.NarSizeMismatch), Assert.IsType<NixRemoteException>(failure).ErrorId);
            }
            else
            {
                Assert.IsType<TimeoutException>(failure);
            }

            await using var other = await RealStores.OpenAsync(node, way);
            Assert.Equal(3, (await other.QueryValidPathsAsync([.. samples.Select(s => s.Info.Path)], false, false, default)).Count);
        }
    }

    private static void Set(StoreEvent storeEvent, TaskCompletionSource first)
    {
        if (storeEvent is StoreEvent.BuildLogLine { Text: "started" })
        {
            first.TrySetResult();
        }
    }

    private static void Collect(StoreEvent storeEvent, List<string> log)
    {
        if (storeEvent is StoreEvent.BuildLogLine line)
        {
            log.Add(line.Text);
        }
    }
}
