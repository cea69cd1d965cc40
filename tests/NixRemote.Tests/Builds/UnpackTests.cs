using System.Diagnostics;
using NixRemote.Builds;
using NixRemote.StoreObjects;
using NixRemote.Stores;
using NixRemote.Tests.Stores;
using NixRemote.Tests.Stores.BinaryCache;
using NixRemote.Tests.StoreObjects;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Builds;

/// <summary>Outputs as files of this machine, where it goes wrong: whole or not at all, and nothing half is left.</summary>
[Collection(TestBedCollection.Name)]
public sealed class UnpackTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [TestBedFact]
    public async Task A_full_disk_is_said_and_leaves_nothing()
    {
        var large = StoreSamples.File("large", new byte[8 << 20]);
        await Caches.FillAsync(_directory["cache"], "none", large);
        Directory.CreateDirectory(_directory["result"]);
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=1m", "none", _directory["result"]);
        try
        {
            await using var cache = Caches.InFolder(_directory["cache"]);

            var failure = await Assert.ThrowsAsync<NixRemoteException>(() => UnpackAsync(cache, large));
            Assert.Equal(nameof(NixErrors.NarRestoreFailed), failure.ErrorId);
            Assert.Contains("space", failure.Message, StringComparison.OrdinalIgnoreCase);
            Assert.Empty(Directory.GetFileSystemEntries(_directory["result"]));

            await RunAsync("mount", "-o", "remount,size=16m", _directory["result"]);
            Assert.Equal(8 << 20, new FileInfo(await UnpackAsync(cache, large)).Length);
        }
        finally
        {
            await RunAsync("umount", _directory["result"]);
        }
    }

    // after how many bytes of the answers the link is cut
    [TestBedTheory]
    [InlineData("serve", 0)]
    [InlineData("serve", 60_000)]
    [InlineData("worker", 700)]
    [InlineData("worker", 140_000)]
    public async Task A_link_that_is_cut_leaves_nothing(string way, int bytes)
    {
        var sample = StoreSamples.File("cut", new byte[150_000]);
        await using var whole = await RealStores.OpenAsync("b234", "worker");
        await whole.AddPathsAsync(1, new[] { sample }.Items(), default);

        await using (var channel = new CutChannel(
            way == "serve" ? RealStores.Run("b234", "nix-store", "--serve", "--write") : RealStores.Run("b234", "nix-daemon", "--stdio"), bytes, ofInput: true))
        {
            await Assert.ThrowsAnyAsync<NixRemoteException>(async () =>
            {
                await using IStoreConnection store = way == "serve"
                    ? await ServeConnection.OpenAsync(channel, "b234", default)
                    : await WorkerConnection.OpenAsync(channel, "b234", default);
                await UnpackAsync(store, sample);
            });
            Assert.True(channel.IsCut);
        }

        Assert.True(!Directory.Exists(_directory["result"]) || Directory.GetFileSystemEntries(_directory["result"]).Length == 0);
        Assert.Equal(150_000, new FileInfo(await UnpackAsync(whole, sample)).Length);
        Assert.Single(Directory.GetFileSystemEntries(_directory["result"]));
    }

    private Task<string> UnpackAsync(INixStore store, StoreSamples.Sample sample) => OutputFolder.UnpackAsync(store, sample.Info.Path, _directory["result"], default);

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }
}
