using System.Runtime.CompilerServices;
using NixRemote.StoreObjects;
using NixRemote.Stores;
using NixRemote.Tests.Stores.BinaryCache;
using NixRemote.Tests.StoreObjects;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Stores;

/// <summary>Copies that break: whatever breaks and when, a real store holds nothing that Nix's own check rejects, and the next copy
/// completes it.</summary>
[Collection(TestBedCollection.Name)]
public sealed class BrokenCopyTests
{
    private static readonly string[] _ways = ["serve", "worker"];

    // node, way, at which part of the upload's bytes the link is cut, in hundredths
    public static TheoryData<string, string, int> Cuts
    {
        get
        {
            var data = new TheoryData<string, string, int>();
            foreach (var node in new[] { "b28", "b226", "b234" })
            {
                foreach (var way in _ways)
                {
                    foreach (var part in new[] { 0, 1, 20, 50, 80, 99 })
                    {
                        data.Add(node, way, part);
                    }
                }
            }

            return data;
        }
    }

    [TestBedTheory]
    [MemberData(nameof(Cuts))]
    public async Task A_link_that_is_cut_in_an_upload(string node, string way, int part)
    {
        var samples = Samples();
        var bytes = samples.Sum(s => s.Nar.LongLength) * part / 100;
        await using (var channel = new CutChannel(Run(node, way), bytes, ofInput: false))
        {
            var failure = await Assert.ThrowsAnyAsync<NixRemoteException>(async () =>
            {
                await using var store = await OpenAsync(channel, node, way);
                await store.AddPathsAsync(samples.Length, samples.Items(), default);
            });
            Assert.True(channel.IsCut);

            // Who tells first: the link, or a daemon that says that its input has ended.
            Assert.Contains(failure.Definition.Category, new[] { FailureCategory.ConnectionError, FailureCategory.InvalidResult });
            Assert.Equal(node, failure.Builder);
        }

        await AssertSoundAndCompleteAsync(node, way, samples);
    }

    // node, way, after how many bytes of the answers the link is cut while archives come
    [TestBedTheory]
    [InlineData("b28", "serve", 0)]
    [InlineData("b28", "worker", 8)]
    [InlineData("b28", "serve", 500)]
    [InlineData("b234", "worker", 700)]
    [InlineData("b234", "serve", 60_000)]
    [InlineData("b226", "worker", 60_000)]
    [InlineData("b234", "worker", 140_000)]
    public async Task A_link_that_is_cut_in_a_download_leaves_nothing_half_at_the_destination(string node, string way, int bytes)
    {
        var samples = Samples();
        await using (var source = await RealStores.OpenAsync(node, way))
        {
            await source.AddPathsAsync(samples.Length, samples.Items(), default);
        }

        using var directory = new TemporaryDirectory();
        var folder = directory["cache"];
        await using (var channel = new CutChannel(Run(node, way), bytes, ofInput: true))
        {
            await using var cache = Caches.InFolder(folder, "none");
            await Assert.ThrowsAnyAsync<NixRemoteException>(async () =>
            {
                await using var store = await OpenAsync(channel, node, way);
                await ClosureCopy.CopyClosureAsync(store, cache, [samples[^1].Info.Path], new CopyOptions(), null, default);
            });
            Assert.True(channel.IsCut);
        }

        if (Directory.Exists(folder))
        {
            Assert.Empty(Directory.GetFiles(folder, ".*", SearchOption.AllDirectories));
            Assert.Equal(Directory.GetFiles(folder, "*.narinfo").Length, Directory.GetFiles(Path.Combine(folder, "nar")).Length);
        }

        await using var again = await RealStores.OpenAsync(node, way);
        await using var whole = Caches.InFolder(folder, "none");
        await ClosureCopy.CopyClosureAsync(again, whole, [samples[^1].Info.Path], new CopyOptions(), null, default);
        var archives = await whole.ReadAllAsync([.. samples.Select(s => s.Info)]);
        Assert.All(samples, s => Assert.Equal(s.Nar, archives[s.Info.Path]));
    }

    // how the source's second archive is not what its info says → the error; for each node and way
    public static TheoryData<string, string, string, string[]> BadSources
    {
        get
        {
            var data = new TheoryData<string, string, string, string[]>();
            foreach (var (node, way) in new[] { ("b28", "serve"), ("b226", "worker"), ("b234", "serve"), ("b234", "worker") })
            {
                data.Add(node, way, "other bytes", ["NarHashMismatch", "RemoteError", "RemoteDied"]);
                data.Add(node, way, "shorter", ["NarSizeMismatch"]);
                data.Add(node, way, "longer", ["NarSizeMismatch"]);
                data.Add(node, way, "cut", ["NarSizeMismatch", "NarInvalid"]);
                data.Add(node, way, "no archive", ["NarInvalid", "RemoteError", "RemoteDied", "NarHashMismatch"]);
                data.Add(node, way, "fails", ["ConnectionLost"]);
            }

            return data;
        }
    }

    [TestBedTheory]
    [MemberData(nameof(BadSources))]
    public async Task A_source_that_changes_its_answer(string node, string way, string change, string[] errors)
    {
        var samples = Samples();
        await using (var store = await RealStores.OpenAsync(node, way))
        {
            var failure = await Assert.ThrowsAnyAsync<NixRemoteException>(() =>
                ClosureCopy.CopyClosureAsync(new ChangingStore(samples, samples[1], change), store, [samples[^1].Info.Path], new CopyOptions(), null, default));
            Assert.Contains(failure.ErrorId, errors);
        }

        await using (var other = await RealStores.OpenAsync(node, way))
        {
            Assert.Empty(await other.QueryValidPathsAsync([.. samples[1..].Select(s => s.Info.Path)], false, false, default));
        }

        await AssertSoundAndCompleteAsync(node, way, samples);
    }

    // Three paths, one of them larger than all buffers, each referring to the one before.
    private static StoreSamples.Sample[] Samples()
    {
        var small = StoreSamples.File("small", "small"u8.ToArray());
        var large = StoreSamples.File("large", [.. Enumerable.Range(0, 150_000).Select(i => (byte)(i * 7 >> 3))], small.Info.Path);
        return [small, large, StoreSamples.File("last", "last"u8.ToArray(), large.Info.Path)];
    }

    private static async Task AssertSoundAndCompleteAsync(string node, string way, StoreSamples.Sample[] samples)
    {
        await using var store = await RealStores.OpenAsync(node, way);
        var paths = samples.Select(s => s.Info.Path).ToArray();
        foreach (var path in await store.QueryValidPathsAsync(paths, false, false, default))
        {
            Assert.True(await NixTestBed.Current.VerifyPathAsync(node, path.ToString()), $"{path} is valid and damaged");
        }

        await ClosureCopy.CopyClosureAsync(new ChangingStore(samples, null, ""), store, [paths[^1]], new CopyOptions(), null, default);
        Assert.All(await Task.WhenAll(paths.Select(path => NixTestBed.Current.VerifyPathAsync(node, path.ToString()))), Assert.True);
    }

    private static NixRemote.Transport.ProcessChannel Run(string node, string way) =>
        way == "serve" ? RealStores.Run(node, "nix-store", "--serve", "--write") : RealStores.Run(node, "nix-daemon", "--stdio");

    private static async Task<IStoreConnection> OpenAsync(CutChannel channel, string node, string way) => way == "serve"
        ? await ServeConnection.OpenAsync(channel, node, default)
        : await WorkerConnection.OpenAsync(channel, node, default);

    /// <summary>Samples as a store, one of whose archives is not what its info says.</summary>
    private sealed class ChangingStore(StoreSamples.Sample[] samples, StoreSamples.Sample? changed, string change) : INixStore
    {
        public string Name => "changing";

        public Task<IReadOnlySet<StorePath>> QueryValidPathsAsync(IReadOnlyCollection<StorePath> paths, bool protect, bool substitute, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlySet<StorePath>>(samples.Select(s => s.Info.Path).Intersect(paths).ToHashSet());

        public Task<IReadOnlyDictionary<StorePath, PathInfo>> QueryPathInfosAsync(IReadOnlyCollection<StorePath> paths, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyDictionary<StorePath, PathInfo>>(samples.Where(s => paths.Contains(s.Info.Path)).ToDictionary(s => s.Info.Path, s => s.Info));

        public async IAsyncEnumerable<NarItem> ReadNarsAsync(IReadOnlyList<PathInfo> paths, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            foreach (var info in paths)
            {
                await Task.Yield();
                var nar = samples.Single(s => s.Info.Path == info.Path).Nar;
                yield return new NarItem(info, info.Path == changed?.Info.Path ? Changed(nar) : new MemoryStream(nar));
            }
        }

        public Task AddPathsAsync(int count, IAsyncEnumerable<NarItem> items, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private Stream Changed(byte[] nar) => change switch
        {
            "other bytes" => new MemoryStream([.. nar[..200], (byte)~nar[200], .. nar[201..]]),
            "shorter" => new MemoryStream(NarBytes.File(new byte[1000])),
            "longer" => new MemoryStream(NarBytes.File(new byte[200_000])),
            "cut" => new MemoryStream(nar[..100_000]),
            "no archive" => new MemoryStream(new byte[nar.Length]),
            _ => new FailingStream(nar[..70_000]),
        };
    }

    private sealed class FailingStream(byte[] before) : AsyncReadStream
    {
        private readonly MemoryStream _before = new(before);

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            await _before.ReadAsync(buffer, cancellationToken) is var count and > 0
                ? count
                : throw new NixRemoteException(NixErrors.ConnectionLost, "The source is gone.") { Builder = "changing" };
    }
}
