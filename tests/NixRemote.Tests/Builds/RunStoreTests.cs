using NixRemote.Builds;
using NixRemote.StoreObjects;
using NixRemote.Stores;
using NixRemote.Tests.Stores;

namespace NixRemote.Tests.Builds;

/// <summary>What a run keeps of what its stores tell: little, and of each store only what that one told.</summary>
public sealed class RunStoreTests
{
    private const string Signature = "key-1:signature";

    private static readonly StorePath _path = StorePath.Parse("/nix/store/00000000000000000000000000000000-path");

    // paths, infos that are kept, builders that the closure goes to → how often the source is asked for each path
    [Theory]
    [InlineData(10, 10, 1, 1)]
    [InlineData(10, 10, 3, 1)]
    [InlineData(5_000, 5_000, 2, 1)] // several questions
    [InlineData(5_000, 100, 1, 2)] // to send them, again
    [InlineData(5_000, 100, 2, 3)]
    public async Task Each_path_is_asked_for_once_as_long_as_infos_are_kept(int count, int kept, int builders, int times)
    {
        var closure = new GeneratedClosure(count, 3) { OnAsked = (info, _) => info };
        var (paths, transfers) = (new PathTable(kept), new Transfers(substitute: false, _ => { }));
        var source = new RunStore(closure, paths);
        for (var i = 0; i < builders; i++)
        {
            var store = new EmptyStore();
            var builder = new RunStore(store, paths);

            var tally = await transfers.EnsureAsync(source, builder, [closure.Root], default);

            Assert.Equal(count, tally.Paths);
            Assert.Equal(Enumerable.Range(0, count).Select(GeneratedClosure.PathOf), store.Added);
            Assert.True(builder.Has(closure.Root));
        }

        Assert.Equal(count, closure.Asked.Count);
        Assert.Equal(times, closure.Asked.Values.Max());
    }

    [Fact]
    public async Task Paths_and_what_stores_tell_alike_are_held_once()
    {
        var closure = new GeneratedClosure(20, 3);
        var paths = new PathTable();
        var asked = Enumerable.Range(0, 20).Select(GeneratedClosure.PathOf).ToList();

        var first = await new RunStore(closure, paths).DescribeAsync(asked, default);
        var second = await new RunStore(closure, paths).DescribeAsync([.. asked.Select(path => StorePath.Parse(path.ToString()))], default);

        Assert.All(first.Zip(second), outlines => Assert.Same(outlines.First, outlines.Second));
        Assert.All(first.SelectMany(outline => outline.References), reference => Assert.Same(first[GeneratedClosure.IndexOf(reference)].Path, reference));
    }

    // what a second store tells otherwise of the same path
    [Theory]
    [InlineData("hash")]
    [InlineData("size")]
    [InlineData("references")]
    [InlineData("signatures")]
    [InlineData("content address")]
    public async Task What_one_store_tells_is_never_taken_for_anothers(string what)
    {
        var (honest, other) = (new MemoryStore("honest"), new MemoryStore("other"));
        honest.Put(_path, "content"u8.ToArray());
        other.Put(_path, (what == "size" ? "longer content" : "CONTENT")!.Select(c => (byte)c).ToArray());
        other.Describe(_path, info => what switch
        {
            "references" => info with { References = [_path] },
            "signatures" => info with { Signatures = [Signature] },
            "content address" => info with { ContentAddress = "text:sha256" },
            _ => info,
        });
        var paths = new PathTable();
        foreach (var store in new[] { honest, other, honest })
        {
            var told = (await store.QueryPathInfosAsync([_path], default))[_path];
            var runStore = new RunStore(store, paths);

            var outline = Assert.Single(await runStore.DescribeAsync([_path], default));
            var sent = Assert.Single(await InfosAsync(runStore, outline));

            Assert.True(outline.IsOf(told));
            Assert.Equal((told.NarHash, told.NarSize, told.ContentAddress), (sent.NarHash, sent.NarSize, sent.ContentAddress));
            Assert.Equal(told.References, sent.References);
            Assert.Equal(told.Signatures, sent.Signatures);
        }
    }

    // what is told of a path the second time → the error
    [Theory]
    [InlineData("other references", "ProtocolViolation")]
    [InlineData("another size", "ProtocolViolation")]
    [InlineData("nothing", "PathNotValid")]
    public async Task What_is_replaced_before_it_is_sent_is_refused(string change, string error)
    {
        var path = GeneratedClosure.PathOf(17);
        var closure = new GeneratedClosure(20, 3)
        {
            OnAsked = (info, times) => info.Path != path || times != 2 ? info : change switch
            {
                "other references" => info with { References = [GeneratedClosure.PathOf(2)] },
                "another size" => info with { NarSize = info.NarSize + 8 },
                _ => null,
            },
        };
        var paths = new PathTable(keptInfos: 5);
        var (source, transfers) = (new RunStore(closure, paths), new Transfers(substitute: false, _ => { }));

        var failure = await Assert.ThrowsAsync<NixRemoteException>(() => transfers.EnsureAsync(source, new RunStore(new EmptyStore(), paths), [closure.Root], default));

        Assert.Equal((error, path.ToString(), "generated"), (failure.ErrorId, failure.Target, failure.Builder));
        source.Forget();
        Assert.Equal(20, (await transfers.EnsureAsync(source, new RunStore(new EmptyStore(), paths), [closure.Root], default)).Paths);
    }

    [Fact]
    public async Task After_its_connections_broke_nothing_is_known_of_a_store()
    {
        var store = new MemoryStore("store");
        store.Put(_path, "one"u8.ToArray());
        var runStore = new RunStore(store, new PathTable());
        await runStore.LearnAsync([_path], protect: true, substitute: false, default);
        var before = Assert.Single(await runStore.DescribeAsync([_path], default));
        store.Put(_path, "two"u8.ToArray()); // as large, so that the outline would do

        var now = (await store.QueryPathInfosAsync([_path], default))[_path].NarHash;
        Assert.NotEqual(now, Assert.Single(await InfosAsync(runStore, before)).NarHash);

        runStore.Forget();

        Assert.False(runStore.Knows(_path));
        Assert.Equal(now, Assert.Single(await InfosAsync(runStore, before)).NarHash);
    }

    // what happened → valid, not valid, known
    [Theory]
    [InlineData("nothing", false, false, false)]
    [InlineData("it was asked for and is there", true, false, true)]
    [InlineData("it was asked for and is not there", false, true, true)]
    [InlineData("it arrived", true, false, true)]
    [InlineData("it arrived and must be asked for again", false, false, false)]
    public async Task What_is_valid_is_known_from_questions_and_arrivals(string what, bool has, bool lacks, bool knows)
    {
        var store = new MemoryStore("store");
        var runStore = new RunStore(store, new PathTable());
        if (what.EndsWith("is there", StringComparison.Ordinal))
        {
            store.Put(_path, []);
        }

        if (what.StartsWith("it was asked", StringComparison.Ordinal))
        {
            await runStore.LearnAsync([_path], protect: false, substitute: false, default);
        }

        if (what.StartsWith("it arrived", StringComparison.Ordinal))
        {
            runStore.Arrived(_path);
        }

        if (what.EndsWith("again", StringComparison.Ordinal))
        {
            runStore.Unlearn([_path]);
        }

        Assert.Equal((has, lacks, knows), (runStore.Has(_path), runStore.Lacks(_path), runStore.Knows(_path)));
    }

    // how many are kept, how many were told → the first that is still there
    [Theory]
    [InlineData(10, 10, 0)]
    [InlineData(10, 20, 0)]
    [InlineData(10, 21, 10)]
    [InlineData(10, 1000, 980)]
    public void The_last_infos_are_kept_and_not_more_than_twice_as_many(int kept, int told, int first)
    {
        var infos = new RecentInfos(kept);
        var (teller, another) = (new object(), new object());
        for (var i = 0; i < told; i++)
        {
            infos.Put(teller, new PathInfo { Path = GeneratedClosure.PathOf(i), NarHash = NixHash.Sha256([]), NarSize = i });
        }

        Assert.Equal(
            Enumerable.Range(first, told - first).Select(i => (long)i),
            Enumerable.Range(0, told).Select(i => infos.Find(teller, GeneratedClosure.PathOf(i))?.NarSize).OfType<long>());
        Assert.Null(infos.Find(another, GeneratedClosure.PathOf(told - 1)));
    }

    private static async Task<IReadOnlyList<PathInfo>> InfosAsync(RunStore store, PathOutline outline)
    {
        var infos = new List<PathInfo>();
        await foreach (var portion in store.InfosAsync([outline], default))
        {
            infos.AddRange(portion);
        }

        return infos;
    }
}
