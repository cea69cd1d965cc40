using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Tests.Stores;

/// <summary>Every version that is spoken, each with its own forms (wire.md §3.2, §4.1), against scripted servers.</summary>
public sealed class ProtocolVersionTests
{
    public static TheoryData<int> WorkerMinors => [.. Enumerable.Range(21, 19)];

    [Theory]
    [MemberData(nameof(WorkerMinors))]
    public async Task Worker_versions(int minor)
    {
        var kept = new FakeStore();
        var peer = ScriptedPeer.Run(new FakeDaemon(minor, kept).RunAsync);
        await using var store = await WorkerConnection.OpenAsync(peer, "daemon", default);
        Assert.Equal($"1.{Math.Min(minor, 38)}", store.Info.Version.ToString());
        Assert.Equal($"1.{minor}", store.Info.PeerVersion.ToString());
        Assert.Equal(minor >= 33 ? "2.99" : null, store.Info.NixVersion);
        Assert.Equal(minor >= 35 ? TrustLevel.Trusted : TrustLevel.Unknown, store.Info.Trust);
        Assert.Empty(store.Info.Features);

        var samples = await AddAndReadBackAsync(store, kept);
        Assert.Contains(minor >= 27 ? "31 True" : "31", kept.Requests);
        Assert.Equal(minor >= 32 ? 1 : 0, kept.Requests.Count(r => r == "44"));
        Assert.Equal(minor >= 32 ? 0 : samples.Length, kept.Requests.Count(r => r == "39"));
        Assert.True(await store.IsValidPathAsync(samples[0].Info.Path, default));

        var events = new List<StoreEvent>();
        var derivation = StoreSamples.Derivation("built", "true", samples[0].Info.Path);
        var result = await store.BuildDerivationAsync(derivation, new BuildOptions { Mode = BuildMode.Check }, events.Add, default);
        Assert.Equal($"36 {derivation.Path} 2", kept.Requests[^1]);
        Assert.Equal(BuildStatus.Built, result.Status);
        Assert.Equal(minor >= 29 ? (1, 1000L, 1001L) : (0, 0L, 0L), (result.TimesBuilt, result.StartTime, result.StopTime));
        Assert.Equal(minor >= 37 ? TimeSpan.FromSeconds(1.5) : null, result.CpuUser);
        Assert.Null(result.CpuSystem);
        Assert.Equal(minor >= 28 ? [FakeDaemon.BuiltPath] : [], result.BuiltOutputs.Values.Select(p => p.ToString()));
        Assert.Equal(
            [
                new StoreEvent.Phase("buildPhase"), new StoreEvent.BuildLogLine("a line"), new StoreEvent.BuildLogLine("of the hook"),
                new StoreEvent.Message("a message"), new StoreEvent.ActivityStopped(1),
            ],
            events.Where(e => e is not (StoreEvent.ActivityStarted or StoreEvent.ActivityResult)));
        var started = Assert.IsType<StoreEvent.ActivityStarted>(events[0]);
        Assert.Equal((1UL, 3, ActivityType.Build), (started.Id, started.Level, started.Type));
        Assert.Equal(["/nix/store/x.drv", "", 1UL, 1UL], started.Fields);
        Assert.Equal([3UL, 4UL], Assert.Single(events.OfType<StoreEvent.ActivityResult>()).Fields);

        var goal = StoreSamples.Path("goal.drv");
        var results = await store.BuildPathsWithResultsAsync([DerivedPath.Built(goal), DerivedPath.Built(goal, "out", "dev")], new BuildOptions(), null, default);
        Assert.Equal(minor switch
        {
            >= 34 => $"46 {goal}!* {goal}!out,dev 0",
            >= 30 => $"9 {goal}!* {goal}!out,dev 0",
            _ => $"9 {goal} {goal}!out,dev 0",
        }, kept.Requests[^1]);
        Assert.Equal(2, results.Count);
        Assert.All(results, r => Assert.Equal(BuildStatus.Built, r.Result.Status));
        await store.DisposeAsync();
        await peer.Script;
    }

    [Theory]
    [InlineData(0x205, "2.5")]
    [InlineData(0x206, "2.6")]
    [InlineData(0x207, "2.7")]
    [InlineData(0x208, "2.7")]
    public async Task Serve_versions(int word, string agreed)
    {
        var kept = new FakeStore();
        var peer = ScriptedPeer.Run(new FakeServe((ulong)word, kept).RunAsync);
        await using var store = await ServeConnection.OpenAsync(peer, "serve", default);
        Assert.Equal(agreed, store.Info.Version.ToString());
        await AddAndReadBackAsync(store, kept);
        Assert.Contains("1 True True", kept.Requests);

        var derivation = StoreSamples.Derivation("built", "true");
        var options = new BuildOptions
        {
            MaxSilentTime = TimeSpan.FromSeconds(0.2),
            Timeout = TimeSpan.FromMinutes(2),
            MaxLogSize = 1L << 40,
            KeepFailed = true,
        };
        var result = await store.BuildDerivationAsync(derivation, options, null, default);
        Assert.Equal($"8 {derivation.Path} 1 120 {1L << 40} 0 0{(word >= 0x207 ? " 1" : "")}", kept.Requests.Last(request => request[0] == '8'));
        Assert.Equal((BuildStatus.Built, 1, 1000L, 1001L), (result.Status, result.TimesBuilt, result.StartTime, result.StopTime));
        Assert.Equal(word >= 0x206 ? ["out"] : [], result.BuiltOutputs.Keys);
        await store.DisposeAsync();
        await peer.Script;
    }

    [Theory]
    [InlineData(0x110)] // another major
    [InlineData(0x202)] // Nix 1.11
    [InlineData(0x204)] // Nix 2.0
    [InlineData(0x300)]
    public async Task Serve_versions_that_are_not_spoken(int word)
    {
        var peer = ScriptedPeer.Run(async p =>
        {
            await FakeServe.ShakeHandsAsync(p, (ulong)word);
            await p.DrainAsync();
        });
        var failure = await Assert.ThrowsAsync<NixRemoteException>(() => ServeConnection.OpenAsync(peer, "old", default));
        Assert.Equal((nameof(NixErrors.ProtocolTooOld), "old"), (failure.ErrorId, failure.Builder));
        Assert.Contains($"{word >> 8}.{word & 255}", failure.Message, StringComparison.Ordinal);
        Assert.True(peer.IsAborted);
    }

    [Theory]
    [InlineData(0x10f)] // Nix 1.11
    [InlineData(0x114)] // Nix 2.0
    [InlineData(0x226)]
    public async Task Worker_versions_that_are_not_spoken(int word)
    {
        var peer = ScriptedPeer.Run(async p =>
        {
            p.ToClient.WriteUInt64(0x6478696f);
            p.ToClient.WriteNumber(word);
            await p.ToClient.FlushAsync(default);
            await p.DrainAsync();
        });
        var failure = await Assert.ThrowsAsync<NixRemoteException>(() => WorkerConnection.OpenAsync(peer, "old", default));
        Assert.Equal((nameof(NixErrors.ProtocolTooOld), "old"), (failure.ErrorId, failure.Builder));
        Assert.True(peer.IsAborted);
    }

    [Theory]
    [InlineData(21)]
    [InlineData(25)]
    [InlineData(26)]
    [InlineData(38)]
    public async Task Errors_have_two_forms_and_leave_the_connection_usable(int minor)
    {
        var daemon = new FakeDaemon(minor, new FakeStore());

        // The probe that follows the error is answered as what it is.
        var peer = ScriptedPeer.Run(async p =>
        {
            await daemon.ShakeHandsAsync(p);
            Assert.Equal(1UL, await p.FromClient.ReadUInt64Async(default));
            await p.FromClient.ReadPathAsync("path", default);
            daemon.WriteError(p.ToClient, "\e[31;1merror:\e[0m it \e[35;1mfails\e[0m", "while trying");
            await p.ToClient.FlushAsync(default);
            Assert.Equal(31UL, await p.FromClient.ReadUInt64Async(default));
            Assert.Empty(await FakeStore.ReadPathsAsync(p.FromClient));
            if (minor >= 27)
            {
                await p.FromClient.ReadBoolAsync("substitute", default);
            }

            p.ToClient.WriteUInt64(FakeDaemon.Last);
            p.ToClient.WriteUInt64(0);
            await p.ToClient.FlushAsync(default);
            await p.DrainAsync();
        });
        await using var store = await WorkerConnection.OpenAsync(peer, "daemon", default);
        var failure = await Assert.ThrowsAsync<NixRemoteException>(() => store.IsValidPathAsync(StoreSamples.Path("x"), default));
        Assert.Equal((nameof(NixErrors.RemoteError), "daemon"), (failure.ErrorId, failure.Builder));
        Assert.Equal(minor >= 26 ? "daemon answered: it fails\nwhile trying" : "daemon answered: it fails", failure.Message);
        Assert.True(store.IsUsable);
    }

    [Fact]
    public void The_text_of_derived_paths()
    {
        var derivation = StoreSamples.Path("a.drv");
        var source = StoreSamples.Path("source");
        var old = new ProtocolVersion(1, 29);
        var current = new ProtocolVersion(1, 30);
        Assert.Equal($"{source}", DerivedPath.Opaque(source).ToWire(old));
        Assert.Equal($"{derivation}", DerivedPath.Opaque(derivation).ToWire(current));
        Assert.Throws<NixRemoteException>(() => DerivedPath.Opaque(derivation).ToWire(old));
        Assert.Equal($"{derivation}", DerivedPath.Built(derivation).ToWire(old));
        Assert.Equal($"{derivation}!*", DerivedPath.Built(derivation).ToWire(current));
        Assert.Equal($"{derivation}!out,dev", DerivedPath.Built(derivation, "out", "dev").ToWire(old));
        Assert.Equal($"{derivation}!out,dev", DerivedPath.Built(derivation, "out", "dev").ToWire(current));
        Assert.Equal($"{derivation}^*", DerivedPath.Built(derivation).ToString());
    }

    private static async Task<StoreSamples.Sample[]> AddAndReadBackAsync(IStoreConnection store, FakeStore kept)
    {
        var samples = StoreSamples.Chain(20);
        samples[3] = samples[3] with
        {
            Info = samples[3].Info with
            {
                Deriver = StoreSamples.Path("deriver.drv"),
                Signatures = ["a-1:AAAA", "b-1:AAAA"],
                ContentAddress = "text:sha256:04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw",
            },
        };
        await store.AddPathsAsync(samples.Length, samples.Items(), default);
        Assert.Equal(samples.Length, kept.Infos.Count);
        var paths = samples.Select(s => s.Info.Path).Append(StoreSamples.Path("nobodys")).ToArray();
        Assert.Equal(paths[..^1].ToHashSet(), await store.QueryValidPathsAsync(paths, protect: true, substitute: true, default));
        var infos = await store.QueryPathInfosAsync(paths, default);
        Assert.Equal(samples.Length, infos.Count);
        foreach (var (info, _) in samples)
        {
            var read = infos[info.Path];
            Assert.Equal((info.NarHash, info.NarSize, info.Deriver, info.ContentAddress), (read.NarHash, read.NarSize, read.Deriver, read.ContentAddress));
            Assert.Equal(info.References, read.References);
            Assert.Equal(info.Signatures, read.Signatures);
        }

        var archives = await store.ReadAllAsync([.. infos.Values]);
        Assert.All(samples, sample => Assert.Equal(sample.Nar, archives[sample.Info.Path]));
        return samples;
    }
}
