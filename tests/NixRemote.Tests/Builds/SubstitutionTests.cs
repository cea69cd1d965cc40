using System.Collections.Concurrent;
using NixRemote.Builds;
using NixRemote.StoreObjects;
using NixRemote.Stores;
using NixRemote.Tests.Stores;
using NixRemote.Tests.Stores.BinaryCache;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Builds;

/// <summary>-UseSubstitutes with a real daemon that coordinates and a real binary cache, one that Nix wrote and reads as a folder, and one that we
/// wrote and that is served over HTTP: what the cache has with a signature that counts is not built, nor is what only that needs.</summary>
[Collection(TestBedCollection.Name)]
public sealed class SubstitutionTests
{
    private static NixTestBed Bed => NixTestBed.Current;

    [TestBedTheory]
    [InlineData("file", "signed", true, "")]
    [InlineData("file", "signed", false, "below top")] // nobody asked for it
    [InlineData("file", "unsigned", true, "below top")]
    [InlineData("file", "signed by another", true, "below top")]
    [InlineData("http", "signed", true, "")]
    [InlineData("http", "signed", false, "below top")]
    [InlineData("http", "unsigned", true, "below top")]
    [InlineData("http", "signed by another", true, "below top")]
    public async Task What_the_cache_has_is_not_built(string way, string signature, bool useSubstitutes, string built)
    {
        await using var client = await Client.MakeAsync(way);
        var drv = await Bed.InstantiateAsync($"let below = {Nonce.Derivation("below", "echo > $out")}; in {Nonce.Derivation("top", "echo $below > $out", "inherit below;")}");
        var top = await client.PublishAsync(drv, signature);
        var events = new ConcurrentQueue<BuildEvent>();

        var result = Assert.Single(await TestBedRuns.RunAsync(
            [drv], [TestBedRuns.Builder("b28", "ssh")], new BuildRunOptions { UseSubstitutes = useSubstitutes }, events.Enqueue,
            new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token, daemonSocket: client.Socket));

        Assert.Null(result.Error);
        Assert.Equal(built, string.Join(' ', events.OfType<BuildEvent.Built>().Select(b => b.Derivation.Name[..^".drv".Length])));
        Assert.Equal(built.Length == 0 ? GoalStatus.AlreadyValid : GoalStatus.Built, result.Status);
        Assert.True(await Bed.VerifyPathAsync(Bed.Client, top));
        Assert.Equal(way == "http" && built.Length == 0, client.Requests.Any(r => r.Contains("/nar/", StringComparison.Ordinal)));
    }

    /// <summary>A daemon of the client's store that has a binary cache as its substituter, and trusts one key.</summary>
    private sealed class Client : IAsyncDisposable
    {
        private readonly string _folder;
        private readonly CacheServer? _server;
        private string _pid = "";

        private Client(string folder, CacheServer? server) => (_folder, _server) = (folder, server);

        public string Socket => _folder + "/socket";

        /// <summary>What the daemon asked the cache over HTTP.</summary>
        public IEnumerable<string> Requests => _server?.Requests ?? [];

        public static async Task<Client> MakeAsync(string way)
        {
            // The nodes share the host's network. The nonce in the address keeps the daemon from what it remembers of other caches.
            var folder = Path.Combine(Bed.ShareDirectory, Nonce.Next());
            var client = new Client(folder, way == "http" ? new CacheServer(Bed.ShareDirectory) : null);
            var cache = client._server is { } server ? $"{server.Address}{Path.GetFileName(folder)}/cache" : $"file://{folder}/cache";
            var setUp = $$"""
                mkdir {{folder}} && cd {{folder}}
                for key in ours theirs; do nix-store --generate-binary-cache-key $key $key.secret $key.public; done
                mkdir cache && echo 'StoreDir: /nix/store' > cache/nix-cache-info
                export NIX_CONFIG="substituters = {{cache}}
                trusted-public-keys = $(cat ours.public)"
                NIX_DAEMON_SOCKET_PATH=$PWD/socket setsid nix-daemon > log 2>&1 < /dev/null & echo $!
                until [ -S {{folder}}/socket ]; do sleep 0.05; done
                """;
            client._pid = (await Bed.ExecAsync(Bed.Client, "timeout", "20", "sh", "-c", setUp)).Succeeded();
            return client;
        }

        /// <summary>Puts the outputs of a derivation into the cache, and makes the client's store forget them.</summary>
        /// <returns>The output.</returns>
        public async Task<string> PublishAsync(string drv, string signature)
        {
            var key = signature switch { "signed" => $"{_folder}/ours.secret", "signed by another" => $"{_folder}/theirs.secret", _ => null };
            var output = (await Bed.ExecAsync(Bed.Client, "nix-store", "--realise", drv, "--option", "builders", "")).Succeeded();
            await (_server is null ? PublishByNixAsync(output, key) : PublishByUsAsync(output, key));
            var script = $"nix-store --delete {output} $(nix-store --query --outputs $(nix-store --query --references {drv} | grep drv$))";
            (await Bed.ExecAsync(Bed.Client, "sh", "-c", script)).Succeeded();
            return output;
        }

        private async Task PublishByNixAsync(string output, string? key) => (await Bed.ExecAsync(
            Bed.Client, "nix", "copy", "--to", $"file://{_folder}/cache{(key is null ? "" : $"?secret-key={key}")}", output)).Succeeded();

        private async Task PublishByUsAsync(string output, string? key)
        {
            await using var from = await RealStores.OpenAsync(Bed.Client, "socket");
            await using var to = Caches.InFolder($"{_folder}/cache", signer: key is null ? null : new PathSigner(SecretKeyFile.Read(key), Caches.Signatures));
            await ClosureCopy.CopyClosureAsync(from, to, [StorePath.Parse(output)], new CopyOptions(), null, default);
        }

        public async ValueTask DisposeAsync()
        {
            (await Bed.ExecAsync(Bed.Client, "kill", _pid)).Succeeded();
            _server?.Dispose();
            Directory.Delete(_folder, recursive: true);
        }
    }
}
