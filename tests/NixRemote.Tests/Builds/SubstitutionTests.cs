using System.Collections.Concurrent;
using NixRemote.Builds;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Builds;

/// <summary>-UseSubstitutes with a real daemon that coordinates and a real binary cache of Nix: what the cache has with a signature that counts
/// is not built, nor is what only that needs.</summary>
[Collection(TestBedCollection.Name)]
public sealed class SubstitutionTests
{
    private static NixTestBed Bed => NixTestBed.Current;

    [TestBedTheory]
    [InlineData("signed", true, "")]
    [InlineData("signed", false, "below top")] // nobody asked for it
    [InlineData("unsigned", true, "below top")]
    [InlineData("signed by another", true, "below top")]
    public async Task What_the_cache_has_is_not_built(string signature, bool useSubstitutes, string built)
    {
        await using var client = await Client.MakeAsync();
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
    }

    /// <summary>A daemon of the client's store that has a binary cache as its substituter, and trusts one key.</summary>
    private sealed class Client : IAsyncDisposable
    {
        private readonly string _folder;
        private string _pid = "";

        private Client(string folder) => _folder = folder;

        public string Socket => _folder + "/socket";

        public static async Task<Client> MakeAsync()
        {
            var client = new Client(Path.Combine(Bed.ShareDirectory, Nonce.Next()));
            var setUp = $$"""
                mkdir {{client._folder}} && cd {{client._folder}}
                for key in ours theirs; do nix-store --generate-binary-cache-key $key $key.secret $key.public; done
                mkdir cache && echo 'StoreDir: /nix/store' > cache/nix-cache-info
                export NIX_CONFIG="substituters = file://$PWD/cache
                trusted-public-keys = $(cat ours.public)"
                NIX_DAEMON_SOCKET_PATH=$PWD/socket setsid nix-daemon > log 2>&1 < /dev/null & echo $!
                until [ -S {{client._folder}}/socket ]; do sleep 0.05; done
                """;
            client._pid = (await Bed.ExecAsync(Bed.Client, "timeout", "20", "sh", "-c", setUp)).Succeeded();
            return client;
        }

        /// <summary>Puts the outputs of a derivation into the cache, and makes the client's store forget them.</summary>
        /// <returns>The output.</returns>
        public async Task<string> PublishAsync(string drv, string signature)
        {
            var key = signature switch { "signed" => $"?secret-key={_folder}/ours.secret", "signed by another" => $"?secret-key={_folder}/theirs.secret", _ => "" };
            var script = $"out=$(nix-store --realise {drv} --option builders '' 2>/dev/null) && nix copy --to 'file://{_folder}/cache{key}' $out && "
                + $"nix-store --delete $out $(nix-store --query --outputs $(nix-store --query --references {drv} | grep drv$)) >/dev/null 2>&1 && echo $out";
            return (await Bed.ExecAsync(Bed.Client, "sh", "-c", script)).Succeeded();
        }

        public async ValueTask DisposeAsync() => (await Bed.ExecAsync(Bed.Client, "kill", _pid)).Succeeded();
    }
}
