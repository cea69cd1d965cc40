using NixRemote.Adapters;
using NixRemote.StoreObjects;
using NixRemote.Stores;
using NixRemote.Tests.Ssh;
using NixRemote.Tests.Stores.BinaryCache;
using NixRemote.Tests.StoreObjects;
using NixRemote.Tests.TestBed;
using NixRemote.Transport;

namespace NixRemote.Tests.Stores;

/// <summary>Copies over real SSH between real stores, each of which is in a root of its own so that Nix can check the whole of it: links that are cut
/// at points from the first byte to the last, and disks that are full.</summary>
[Collection(TestBedCollection.Name)]
public sealed class CutLinkTests : IDisposable
{
    // Bytes of the way where SSH greets, exchanges keys, logs in and starts the program; then parts of the whole way in hundredths.
    private static readonly long[] _bytes = [0, 20, 1000, 2500, 4000];
    private static readonly int[] _parts = [10, 40, 70, 95, 99];

    private readonly TemporaryDirectory _directory = new();

    private static NixTestBed Bed => NixTestBed.Current;

    public static TheoryData<string, string> BuildersTimesProtocols => NixTestBed.BuildersTimesProtocols;

    public void Dispose() => _directory.Dispose();

    [TestBedTheory]
    [MemberData(nameof(BuildersTimesProtocols))]
    public async Task An_upload(string node, string protocol)
    {
        var samples = Samples(150_000);
        await Caches.FillAsync(_directory["cache"], "none", samples);
        using var whole = new FaultyWire(Bed.Node(node).Port);
        await UploadAsync(node, protocol, whole, await PrivateRoot.MakeAsync(node), samples);

        var points = Points(whole.Carried.Up).Select(up => (up, long.MaxValue)).Concat(Points(whole.Carried.Down).Select(down => (long.MaxValue, down)));
        var cut = await Task.WhenAll(points.Select(async limit =>
        {
            var root = await PrivateRoot.MakeAsync(node);
            using var wire = new FaultyWire(Bed.Node(node).Port) { Limit = limit };
            var failure = await FailureOfAsync(() => UploadAsync(node, protocol, wire, root, samples));
            await PrivateRoot.VerifyAsync(node, root);

            using var again = new FaultyWire(Bed.Node(node).Port);
            await UploadAsync(node, protocol, again, root, samples);
            await PrivateRoot.VerifyAsync(node, root);
            return (wire.IsAtLimit, failure);
        }));

        AssertCuts(cut);
    }

    [TestBedTheory]
    [MemberData(nameof(BuildersTimesProtocols))]
    public async Task A_download(string node, string protocol)
    {
        var samples = Samples(150_000);
        await using (var store = await RealStores.OpenAsync(node, "worker"))
        {
            await store.AddPathsAsync(samples.Length, samples.Items(), default);
        }

        using var whole = new FaultyWire(Bed.Node(node).Port);
        await DownloadAsync(node, protocol, whole, await PrivateRoot.MakeAsync(Bed.Client), samples);

        var points = Points(whole.Carried.Down).Select(down => (long.MaxValue, down)).Concat(Points(whole.Carried.Up).Select(up => (up, long.MaxValue)));
        var cut = await Task.WhenAll(points.Select(async limit =>
        {
            var root = await PrivateRoot.MakeAsync(Bed.Client);
            using var wire = new FaultyWire(Bed.Node(node).Port) { Limit = limit };
            var failure = await FailureOfAsync(() => DownloadAsync(node, protocol, wire, root, samples));
            await PrivateRoot.VerifyAsync(Bed.Client, root);

            using var again = new FaultyWire(Bed.Node(node).Port);
            await DownloadAsync(node, protocol, again, root, samples);
            await PrivateRoot.VerifyAsync(Bed.Client, root);
            return (wire.IsAtLimit, failure);
        }));

        AssertCuts(cut);
    }

    [TestBedTheory]
    [InlineData("b28", "ssh", "b234", "ssh-ng")]
    [InlineData("b226", "ssh-ng", "b28", "ssh")]
    [InlineData("b234", "ssh-ng", "b226", "ssh-ng")]
    public async Task A_relay_from_builder_to_builder(string from, string fromProtocol, string to, string toProtocol)
    {
        var samples = Samples(150_000);
        await using (var store = await RealStores.OpenAsync(from, "worker"))
        {
            await store.AddPathsAsync(samples.Length, samples.Items(), default);
        }

        using var wholeFrom = new FaultyWire(Bed.Node(from).Port);
        using var wholeTo = new FaultyWire(Bed.Node(to).Port);
        await CopyAsync(wholeFrom, wholeTo, await PrivateRoot.MakeAsync(to));

        // The source's link is cut, or the destination's: where archives flow, and where questions do.
        var points = Points(wholeFrom.Carried.Down).Select(down => (From: (long.MaxValue, down), To: (long.MaxValue, long.MaxValue)))
            .Concat(Points(wholeTo.Carried.Up).Select(up => (From: (long.MaxValue, long.MaxValue), To: (up, long.MaxValue))));
        var cut = await Task.WhenAll(points.Select(async limits =>
        {
            var root = await PrivateRoot.MakeAsync(to);
            using var fromWire = new FaultyWire(Bed.Node(from).Port) { Limit = limits.From };
            using var toWire = new FaultyWire(Bed.Node(to).Port) { Limit = limits.To };
            var failure = await FailureOfAsync(() => CopyAsync(fromWire, toWire, root));
            await PrivateRoot.VerifyAsync(to, root);

            using var fromAgain = new FaultyWire(Bed.Node(from).Port);
            using var toAgain = new FaultyWire(Bed.Node(to).Port);
            await CopyAsync(fromAgain, toAgain, root);
            await PrivateRoot.VerifyAsync(to, root);
            return (fromWire.IsAtLimit || toWire.IsAtLimit, failure);
        }));

        AssertCuts(cut);

        async Task CopyAsync(FaultyWire fromWire, FaultyWire toWire, string root)
        {
            await using var source = Open(from, $"{fromProtocol}://{Host(from, fromWire)}", fromWire);
            await using var target = Open(to, $"{toProtocol}://{Host(to, toWire)}?remote-store={root}", toWire);
            await ClosureCopy.CopyClosureAsync(source, target, [samples[^1].Info.Path], new CopyOptions(), null, default);
            await AssertCompleteAsync(target, samples);
        }
    }

    [TestBedTheory]
    [MemberData(nameof(BuildersTimesProtocols))]
    public async Task A_disk_that_is_full(string node, string protocol)
    {
        // Nix reserves 8 MiB of it for itself.
        var samples = Samples(24 << 20);
        await Caches.FillAsync(_directory["cache"], "none", samples);
        var root = await PrivateRoot.MakeAsync(node);
        (await Bed.ExecAsync(node, "mount", "-t", "tmpfs", "-o", "size=20m,mode=777", "none", root)).Succeeded();
        try
        {
            using var wire = new FaultyWire(Bed.Node(node).Port);
            var failure = await Assert.ThrowsAsync<NixRemoteException>(() => UploadAsync(node, protocol, wire, root, samples));
            Assert.Equal((nameof(NixErrors.DiskFull), node), (failure.ErrorId, failure.Builder));
            await PrivateRoot.VerifyAsync(node, root);

            (await Bed.ExecAsync(node, "mount", "-o", "remount,size=80m", root)).Succeeded();
            await UploadAsync(node, protocol, wire, root, samples);
            await PrivateRoot.VerifyAsync(node, root);
        }
        finally
        {
            (await Bed.ExecAsync(node, "umount", "--lazy", root)).Succeeded();
        }
    }

    private static IEnumerable<long> Points(long whole) => _bytes.Concat(_parts.Select(part => whole * part / 100)).Where(point => point < whole);

    /// <summary>Three paths, the second of which is large, each referring to the one before.</summary>
    private static StoreSamples.Sample[] Samples(int bytes)
    {
        var content = new byte[bytes];
        new Random(bytes).NextBytes(content);
        var small = StoreSamples.File("small", "small"u8.ToArray());
        var large = StoreSamples.File("large", content, small.Info.Path);
        return [small, large, StoreSamples.File("last", "last"u8.ToArray(), large.Info.Path)];
    }

    // The last bytes are those of the good-bye: a copy may be done by then. All others are missed.
    private static void AssertCuts((bool IsAtLimit, NixRemoteException? Failure)[] cuts)
    {
        Assert.InRange(cuts.Count(c => c.Failure is not null), cuts.Length - 4, cuts.Length);
        Assert.All(cuts, c => Assert.True(c.IsAtLimit || c.Failure is null));

        // A server that is gone before it has said whether it lets us in may have meant that.
        Assert.All(cuts.Where(c => c.Failure is not null), c => Assert.True(
            c.Failure!.Definition.Category is FailureCategory.ConnectionError or FailureCategory.InvalidResult
            || c.Failure.Message.Contains("hung up after a key", StringComparison.Ordinal), c.Failure.ToString()));
    }

    private static async Task<NixRemoteException?> FailureOfAsync(Func<Task> copy)
    {
        try
        {
            await copy().WaitAsync(TimeSpan.FromSeconds(60));
            return null;
        }
        catch (NixRemoteException exception)
        {
            return exception;
        }
    }

    private async Task UploadAsync(string node, string protocol, FaultyWire wire, string root, StoreSamples.Sample[] samples)
    {
        await using var from = Caches.InFolder(_directory["cache"]);
        await using var to = Open(node, $"{protocol}://{Host(node, wire)}?remote-store={root}", wire);
        await ClosureCopy.CopyClosureAsync(from, to, [samples[^1].Info.Path], new CopyOptions(), null, default);
        await AssertCompleteAsync(to, samples);
    }

    private async Task DownloadAsync(string node, string protocol, FaultyWire wire, string root, StoreSamples.Sample[] samples)
    {
        await using var from = Open(node, $"{protocol}://{Host(node, wire)}", wire);
        await using var to = await PrivateRoot.OpenAsync(Bed.Client, root);
        await ClosureCopy.CopyClosureAsync(from, to, [samples[^1].Info.Path], new CopyOptions(), null, default);
        await AssertCompleteAsync(to, samples);
    }

    private static async Task AssertCompleteAsync(INixStore store, StoreSamples.Sample[] samples) =>
        Assert.Equal(samples.Length, (await store.QueryValidPathsAsync([.. samples.Select(s => s.Info.Path)], false, false, default)).Count);

    private static string Host(string node, FaultyWire wire) => $"{node}-cut-{wire.Port}";

    private IBuildStore Open(string node, string uri, FaultyWire wire)
    {
        var config = _directory[$"ssh_config-{wire.Port}"];
        File.WriteAllText(config, $"Host {Host(node, wire)}\n  HostName 127.0.0.1\n  Port {wire.Port}\n  HostKeyAlias {node}\n{File.ReadAllText(Bed.SshConfigFile)}");
        return new StoreFactory(new AdapterFactory().CreateSshConnector(), new SshOptions { ConfigFile = config, ExtraArguments = "" })
            .Open(StoreUri.Parse(uri), new StoreOpenOptions { Name = node });
    }
}
