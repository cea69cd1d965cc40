using NixRemote.Adapters;
using NixRemote.StoreObjects;
using NixRemote.Stores;
using NixRemote.Stores.BinaryCache;

namespace NixRemote.Tests.Stores.BinaryCache;

/// <summary>Caches in folders, and what is done with them.</summary>
internal static class Caches
{
    public static IArchiveCompression Compressions { get; } = new AdapterFactory().CreateArchiveCompression();

    public static ISignatureAlgorithm Signatures { get; } = new AdapterFactory().CreateSignatureAlgorithm();

    public static BinaryCacheStore InFolder(string folder, string? compression = null, PathSigner? signer = null) =>
        BinaryCacheStore.OfFolder("cache", folder, new BinaryCacheOptions { Compressions = Compressions, Compression = compression, Signer = signer });

    /// <summary>A folder with samples in it.</summary>
    public static async Task FillAsync(string folder, string compression, params StoreSamples.Sample[] samples)
    {
        await using var cache = InFolder(folder, compression);
        await cache.AddPathsAsync(samples.Length, samples.Items(), default);
    }

    public static string NarInfoFile(string folder, StorePath path) => Path.Combine(folder, path.HashPart + ".narinfo");

    /// <summary>Replaces a text of a path's .narinfo.</summary>
    public static void Edit(string folder, StorePath path, Func<string, string> edit)
    {
        var file = NarInfoFile(folder, path);
        File.WriteAllText(file, edit(File.ReadAllText(file)));
    }

    /// <summary>The one failure of reading a path's archive to its end.</summary>
    public static async Task<NixRemoteException> FailsToReadAsync(INixStore cache, PathInfo info) =>
        await Assert.ThrowsAnyAsync<NixRemoteException>(() => cache.ReadAllAsync([info]));
}
