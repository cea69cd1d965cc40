using NixRemote.StoreObjects;
using NixRemote.Stores;
using NixRemote.Tests.StoreObjects;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Stores.BinaryCache;

/// <summary>Caches that lie, copied to a real store in a root of its own: what is wrong does not come, what came before it is whole by Nix's own check,
/// and the next copy from a good cache completes it.</summary>
[Collection(TestBedCollection.Name)]
public sealed class BadCacheTests : IDisposable
{
    private const string OtherPath = "00000000000000000000000000000000-other";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    // what of the second path's .narinfo is replaced by what, whether signatures are demanded → the error
    [TestBedTheory]
    [InlineData("a size that is too large", "NarSize: 120", "NarSize: 128", false, "NarSizeMismatch")]
    [InlineData("a size that is too small", "NarSize: 120", "NarSize: 112", false, "NarSizeMismatch")]
    [InlineData("a size of a signed path", "NarSize: 120", "NarSize: 128", true, "SignatureMissing")]
    [InlineData("another path", "StorePath: /nix/store/", "StorePath: /nix/store/" + OtherPath + "\nX: ", false, "NarInfoInvalid")]
    [InlineData("another hash", "NarHash: sha256:", "NarHash: sha256:0000000000000000000000000000000000000000000000000000\nX: ", false, "NarHashMismatch")]
    [InlineData("another hash of a signed path", "NarHash: sha256:", "NarHash: sha256:0000000000000000000000000000000000000000000000000000\nX: ", true, "SignatureMissing")]
    [InlineData("a reference that nobody has", "References: ", "References: " + OtherPath + " ", false, "PathNotValid")]
    [InlineData("a reference that is no path", "References: ", "References: ../../etc/passwd ", false, "NarInfoInvalid")]
    [InlineData("a signed path that lost its references", "References: ", "References: \nX: ", true, "SignatureMissing")]
    [InlineData("a signature of something else", "Sig: good-1:", "Sig: good-1:AAAA", true, "SignatureMissing")]
    [InlineData("a signature by nobody known", "Sig: good-1:", "Sig: bad-1:", true, "SignatureMissing")]
    [InlineData("a signature that is gone", "Sig: ", "X: ", true, "SignatureMissing")]
    public async Task A_narinfo_that_is_wrong(string what, string text, string replacement, bool demanded, string error)
    {
        Assert.NotEmpty(what);
        var node = NixTestBed.Current.Client;
        var samples = new[] { "first", "second", "third" }.Aggregate(
            Array.Empty<StoreSamples.Sample>(), (chain, name) => [.. chain, StoreSamples.File(name, "1234567"u8.ToArray(), [.. chain.TakeLast(1).Select(s => s.Info.Path)])]);
        var signer = new PathSigner(PathSigner.NewSecretKey("good-1", Caches.Signatures), Caches.Signatures);
        foreach (var folder in new[] { "good", "bad" })
        {
            await using var cache = Caches.InFolder(_directory[folder], "none", signer);
            await cache.AddPathsAsync(samples.Length, samples.Items(), default);
        }

        Caches.Edit(_directory["bad"], samples[1].Info.Path, narinfo => narinfo.Replace(text, replacement, StringComparison.Ordinal));
        Assert.NotEqual(File.ReadAllText(Caches.NarInfoFile(_directory["good"], samples[1].Info.Path)), File.ReadAllText(Caches.NarInfoFile(_directory["bad"], samples[1].Info.Path)));
        var root = await PrivateRoot.MakeAsync(node);
        await using (var to = await PrivateRoot.OpenAsync(node, root))
        {
            var failure = await Assert.ThrowsAnyAsync<NixRemoteException>(() => CopyAsync("bad", to));
            Assert.Equal(error, failure.ErrorId);
        }

        await PrivateRoot.VerifyAsync(node, root);
        await using var again = await PrivateRoot.OpenAsync(node, root);
        Assert.Empty(await again.QueryValidPathsAsync([samples[1].Info.Path, samples[2].Info.Path], false, false, default));
        await CopyAsync("good", again);
        await PrivateRoot.VerifyAsync(node, root);
        Assert.Equal(3, (await again.QueryValidPathsAsync([.. samples.Select(s => s.Info.Path)], false, false, default)).Count);

        async Task CopyAsync(string folder, INixStore to)
        {
            await using var cache = Caches.InFolder(_directory[folder]);
            INixStore from = demanded ? new TrustingStore(cache, new TrustedKeys([signer.PublicKey.ToText()], Caches.Signatures)) : cache;
            await ClosureCopy.CopyClosureAsync(from, to, [samples[^1].Info.Path], new CopyOptions(), null, default);
        }
    }
}
