using System.Diagnostics;
using NixRemote.Stores;
using NixRemote.Tests.StoreObjects;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Stores.BinaryCache;

/// <summary>Binary caches in folders between real Nix and us.</summary>
[Collection(TestBedCollection.Name)]
public sealed class RealBinaryCacheTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new(NixTestBed.WhyNotUp is null ? NixTestBed.Current.ShareDirectory : null);

    private static NixTestBed Bed => NixTestBed.Current;

    private string Folder => _directory["cache"];

    // compression, the node whose Nix reads what we wrote
    public static TheoryData<string, string> WrittenForReaders
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var node in new[] { "b28", "b226", "b234" })
            {
                data.Add("none", node);
                data.Add("zstd", node);
                data.Add("gzip", node);
                data.Add("br", node);
                data.Add("xz", node);
            }

            return data;
        }
    }

    public void Dispose() => _directory.Dispose();

    [TestBedTheory]
    [MemberData(nameof(WrittenForReaders))]
    public async Task Nix_reads_what_we_write(string compression, string node)
    {
        // Large enough for many buffers and chunks: what shrinks a bit, much, and not at all.
        var chain = StoreSamples.Chain(2);
        var random = new Random(1);
        var large = StoreSamples.File("large", [.. Enumerable.Range(0, 1 << 20).Select(i => (byte)(i < 300_000 ? random.Next() : i < 600_000 ? random.Next(8) : 0))], chain[1].Info.Path);
        await Caches.FillAsync(Folder, compression, [.. chain, large]);
        var root = large.Info.Path.ToString();

        (await Bed.ExecAsync(node, "nix", "--extra-experimental-features", "nix-command", "copy", "--no-check-sigs", "--from", $"file://{Folder}", root)).Succeeded();

        Assert.Equal(3, (await Bed.ExecAsync(node, "nix-store", "-qR", root)).Succeeded().Split('\n').Length);
        Assert.True(await Bed.VerifyPathAsync(node, root));
    }

    [TestBedTheory]
    [InlineData("b28", "xz")]
    [InlineData("b226", "xz")]
    [InlineData("b226", "zstd")]
    [InlineData("b226", "bzip2")]
    [InlineData("b234", "xz")]
    [InlineData("b234", "zstd")]
    [InlineData("b234", "none")]
    [InlineData("b234", "br")]
    public async Task We_read_what_Nix_writes(string node, string compression)
    {
        await using var from = await RealStores.OpenAsync(node, "worker");
        var chain = StoreSamples.Chain(3);
        await from.AddPathsAsync(3, chain.Items(), default);
        (await Bed.ExecAsync(node, "nix", "--extra-experimental-features", "nix-command", "copy", "--to", $"file://{Folder}?compression={compression}", chain[^1].Info.Path.ToString())).Succeeded();

        await using var cache = Caches.InFolder(Folder);
        await using var to = await RealStores.OpenAsync("b28", "serve");
        var result = await ClosureCopy.CopyClosureAsync(cache, node == "b28" ? cache : to, [chain[^1].Info.Path], new CopyOptions(), null, default);

        Assert.Equal(node == "b28" ? 0 : 3, result.Copied.Count);
        var archives = await cache.ReadAllAsync([.. (await cache.QueryPathInfosAsync([.. chain.Select(s => s.Info.Path)], default)).Values]);
        Assert.All(chain, s => Assert.Equal(s.Nar, archives[s.Info.Path]));
    }

    [TestBedFact]
    public async Task What_we_copy_into_a_cache_passes_Nixs_own_check()
    {
        await using var from = await RealStores.OpenAsync("b226", "worker");
        var chain = StoreSamples.Chain(30);
        await from.AddPathsAsync(30, chain.Items(), default);
        await using (var cache = Caches.InFolder(Folder))
        {
            var copied = await ClosureCopy.CopyClosureAsync(from, cache, [chain[^1].Info.Path], new CopyOptions(), null, default);
            Assert.Equal(30, copied.Copied.Count);
            var again = await ClosureCopy.CopyClosureAsync(from, cache, [chain[^1].Info.Path], new CopyOptions(), null, default);
            Assert.Empty(again.Copied);
        }

        (await Bed.ExecAsync("b234", ["nix", "--extra-experimental-features", "nix-command", "store", "verify", "--no-trust", "--store", $"file://{Folder}",
            .. chain.Select(s => s.Info.Path.ToString())])).Succeeded();
    }

    [TestBedFact]
    public async Task A_full_disk_is_said_and_leaves_nothing_half()
    {
        var chain = StoreSamples.Chain(1);
        var large = StoreSamples.File("large", new byte[8 << 20], chain[0].Info.Path);
        Directory.CreateDirectory(Folder);
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=1m", "none", Folder);
        try
        {
            await using var cache = Caches.InFolder(Folder, "none");
            var failure = await Assert.ThrowsAsync<NixRemoteException>(() => cache.AddPathsAsync(2, new[] { chain[0], large }.Items(), default));
            Assert.Equal((nameof(NixErrors.DestinationUnwritable), "cache"), (failure.ErrorId, failure.Builder));
            Assert.Contains("space", failure.Message, StringComparison.OrdinalIgnoreCase);
            Assert.Single(Directory.GetFiles(Folder, "*.narinfo"));
            Assert.Single(Directory.GetFiles(Path.Combine(Folder, "nar"), "*"));

            var info = (await cache.QueryPathInfosAsync([chain[0].Info.Path], default))[chain[0].Info.Path];
            Assert.Equal(chain[0].Nar, (await cache.ReadAllAsync([info]))[info.Path]);
        }
        finally
        {
            await RunAsync("umount", Folder);
        }
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }
}
