using System.Text;
using NixRemote.Adapters;
using NixRemote.StoreObjects;
using NixRemote.Stores;
using NixRemote.Tests.Stores.BinaryCache;
using NixRemote.Tests.StoreObjects;
using NixRemote.Tests.TestBed;
using NixRemote.Transport;

namespace NixRemote.Tests.Stores;

/// <summary>Pools, copies and files over stores that the factory opens on real Nix.</summary>
public sealed class RealStoreFactoryTests
{
    [TestBedFact]
    public async Task Auto_finds_the_daemon_by_its_socket()
    {
        var bed = NixTestBed.Current;
        await using var store = Factory(("NIX_DAEMON_SOCKET_PATH", bed.ClientDaemonSocket)).Open(StoreUri.Parse("auto"), new StoreOpenOptions());
        var info = await store.ConnectAsync(default);
        Assert.Equal((bed.Node(bed.Client).NixVersion, TrustLevel.Trusted), (info.NixVersion, info.Trust));
        Assert.IsType<LocalStore>(store);
    }

    [TestBedFact]
    public async Task Derivations_are_read_from_the_disk_and_over_the_wire_alike()
    {
        var bed = NixTestBed.Current;
        var paths = (await bed.InstantiateAllAsync($"[ ({Nonce.Derivation("one", "echo 1 > $out")}) ({Nonce.Derivation("two", "echo 2 > $out")}) ]"))
            .Select(path => StorePath.Parse(path)).ToArray();
        await using var disk = Factory().Open(StoreUri.Parse($"unix://{bed.ClientDaemonSocket}"), new StoreOpenOptions());
        await using var wire = new PooledStore("wire", 2, async token =>
            await WorkerConnection.OpenAsync(await UnixSocketChannel.ConnectAsync(bed.ClientDaemonSocket, token), "wire", token));
        var fromDisk = await disk.ReadFilesAsync(paths, 1 << 20, default);
        var fromWire = await wire.ReadFilesAsync(paths, 1 << 20, default);
        foreach (var path in paths)
        {
            Assert.StartsWith("Derive([", Encoding.UTF8.GetString(fromDisk[path].Span), StringComparison.Ordinal);
            Assert.True(fromDisk[path].Span.SequenceEqual(fromWire[path].Span));
        }

        var nobodys = StoreSamples.Path("nobody-has-it.drv");
        var missing = await Assert.ThrowsAsync<NixRemoteException>(() => disk.ReadFileAsync(nobodys, 1 << 20, default));
        Assert.Equal((nameof(NixErrors.PathNotValid), nobodys.ToString()), (missing.ErrorId, missing.Target));
        var large = await Assert.ThrowsAsync<NixRemoteException>(() => disk.ReadFileAsync(paths[0], 10, default));
        Assert.Equal(nameof(NixErrors.LimitExceeded), large.ErrorId);
    }

    [TestBedTheory]
    [MemberData(nameof(NixTestBed.BuildersTimesProtocols), MemberType = typeof(NixTestBed))]
    public async Task A_copy_lets_the_destination_fetch_what_its_substituters_have(string node, string protocol)
    {
        var bed = NixTestBed.Current;
        var chain = StoreSamples.Chain(3);
        using var directory = new TemporaryDirectory(bed.ShareDirectory);
        await Caches.FillAsync(directory["substituter"], "xz", chain[..2]);
        await Caches.FillAsync(directory["source"], "none", chain);
        await using var daemon = await SecondDaemon.StartAsync(node, $"substituters = file://{directory["substituter"]}\nrequire-sigs = false");
        await using var from = Caches.InFolder(directory["source"]);
        await using var to = new StoreFactory(new AdapterFactory().CreateSshConnector(), new SshOptions { ConfigFile = bed.SshConfigFile, ExtraArguments = "" })
            .Open(StoreUri.Parse($"{protocol}://{node}{daemon.Parameters(protocol)}"), new StoreOpenOptions { Name = node });

        var result = await ClosureCopy.CopyClosureAsync(from, to, [chain[^1].Info.Path], new CopyOptions { Substitute = true }, null, default);

        Assert.Equal([chain[2].Info.Path], result.Copied);
        Assert.Equal(chain[..2].Select(s => s.Info.Path).Order(), result.Skipped);
        Assert.True(await bed.VerifyPathAsync(node, chain[0].Info.Path.ToString()));
    }

    [TestBedTheory]
    [InlineData("b28", "serve", "b234", "worker")]
    [InlineData("b234", "serve", "b28", "worker")]
    [InlineData("b226", "socket", "b28", "serve")]
    [InlineData("b28", "worker", "b226", "serve")]
    [InlineData("b226", "worker", "b234", "socket")]
    public async Task A_closure_is_copied_from_store_to_store_once(string fromNode, string fromWay, string toNode, string toWay)
    {
        await using var from = Pool(fromNode, fromWay);
        await using var to = Pool(toNode, toWay);
        var chain = StoreSamples.Chain(60);
        await from.AddPathsAsync(chain.Length, chain.Items(), default);
        var root = chain[^1].Info.Path;
        await ClosureCopy.CopyClosureAsync(from, to, [chain[20].Info.Path], new CopyOptions(), null, default);

        var progress = new List<CopyProgress>();
        var result = await ClosureCopy.CopyClosureAsync(from, to, [root], new CopyOptions(), new Recorder(progress), default);
        Assert.Equal(chain[21..].Select(s => s.Info.Path), result.Copied);
        Assert.Equal(chain[..21].Select(s => s.Info.Path).Order(), result.Skipped);
        Assert.Equal(chain[21..].Sum(s => s.Info.NarSize), result.Bytes);
        Assert.Equal((39, 39, result.Bytes, result.Bytes), (progress[^1].PathsDone, progress[^1].PathsTotal, progress[^1].BytesDone, progress[^1].BytesTotal));
        Assert.True(await NixTestBed.Current.VerifyPathAsync(toNode, root.ToString()));

        var again = await ClosureCopy.CopyClosureAsync(from, to, [root], new CopyOptions(), null, default);
        Assert.Empty(again.Copied);
        var missing = await Assert.ThrowsAsync<NixRemoteException>(() =>
            ClosureCopy.CopyClosureAsync(from, to, [StoreSamples.Path("nobodys")], new CopyOptions(), null, default));
        Assert.Equal((nameof(NixErrors.PathNotValid), fromNode), (missing.ErrorId, missing.Builder));
    }

    [TestBedFact]
    public async Task Operations_run_at_the_same_time_on_connections_of_their_own()
    {
        await using var store = Pool("b234", "worker");
        var derivations = Enumerable.Range(0, 4).Select(i => StoreSamples.Derivation($"parallel-{i}", "echo done > $out")).ToArray();
        var results = await Task.WhenAll(derivations.Select(d => store.BuildDerivationAsync(d, new BuildOptions(), null, default)));
        Assert.All(results, result => Assert.Equal(BuildStatus.Built, result.Status));
        Assert.Equal(4, (await store.QueryPathInfosAsync([.. derivations.Select(d => d.Outputs[0].Path!)], default)).Count);
    }

    private static PooledStore Pool(string node, string way) => new(node, 4, async _ => await RealStores.OpenAsync(node, way));

    private static StoreFactory Factory(params (string Name, string Value)[] variables) =>
        new(new NoSsh(), new SshOptions(), LocalStoreEnvironment.Current with
        {
            Variable = name => variables.FirstOrDefault(variable => variable.Name == name).Value,
            IsWritable = _ => false,
        });

    private sealed class Recorder(List<CopyProgress> reports) : IProgress<CopyProgress>
    {
        public void Report(CopyProgress value) => reports.Add(value);
    }

    private sealed class NoSsh : ISshConnector
    {
        public Task<ISshSession> ConnectAsync(SshTarget target, SshOptions options, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("Nothing here goes over SSH.");
    }
}
