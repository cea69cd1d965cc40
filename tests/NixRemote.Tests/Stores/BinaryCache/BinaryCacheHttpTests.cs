using System.Net;
using System.Net.Sockets;
using NixRemote.Adapters;
using NixRemote.Stores;
using NixRemote.Stores.BinaryCache;
using NixRemote.Tests.StoreObjects;
using NixRemote.Transport;

namespace NixRemote.Tests.Stores.BinaryCache;

/// <summary>A binary cache over HTTP: what is tried again, what is not, and how a broken download goes on.</summary>
public sealed class BinaryCacheHttpTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task It_reads_what_a_folder_holds_and_asks_many_at_a_time()
    {
        var chain = StoreSamples.Chain(40);
        await Caches.FillAsync(_directory.Root, "zstd", chain);
        var waiting = 0;
        var many = new TaskCompletionSource();
        using var server = new CacheServer(_directory.Root)
        {
            // Nobody is answered before eight have asked.
            OnRequest = path => path.EndsWith(".narinfo", StringComparison.Ordinal)
                ? Interlocked.Increment(ref waiting) >= 8 ? Task.FromResult(many.TrySetResult()) : many.Task
                : Task.CompletedTask,
        };
        await using var cache = Open(server);
        var paths = chain.Select(s => s.Info.Path).Append(StoreSamples.Path("nobodys")).ToArray();

        var infos = await cache.QueryPathInfosAsync(paths, default);
        Assert.Equal(paths[..40].ToHashSet(), infos.Keys.ToHashSet());
        var archives = await cache.ReadAllAsync([.. infos.Values]);
        Assert.All(chain, s => Assert.Equal(s.Nar, archives[s.Info.Path]));

        server.Requests.Clear();
        Assert.Equal(40, (await cache.QueryValidPathsAsync(paths, false, false, default)).Count);
        Assert.Equal([$"HEAD /{paths[40].HashPart}.narinfo"], server.Requests);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_broken_download_goes_on_where_it_broke(bool ranges)
    {
        var sample = StoreSamples.File("large", [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * i >> 5))]);
        await Caches.FillAsync(_directory.Root, "none", sample);
        using var server = new CacheServer(_directory.Root) { KnowsRanges = ranges };
        Array.ForEach([100_000, 150_000], server.Breaks.Enqueue);
        await using var cache = Open(server);

        Assert.Equal(sample.Nar, (await cache.ReadAllAsync([sample.Info]))[sample.Info.Path]);

        var asked = server.Requests.Where(r => r.Contains("/nar/", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, asked.Count);
        Assert.DoesNotContain("bytes=", asked[0], StringComparison.Ordinal);
        Assert.All(asked[1..], r => Assert.Contains("bytes=", r, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_download_that_never_gets_on_is_given_up()
    {
        var sample = StoreSamples.File("one", "1"u8.ToArray());
        await Caches.FillAsync(_directory.Root, "none", sample);
        using var server = new CacheServer(_directory.Root);
        Array.ForEach([.. Enumerable.Repeat(0, 20)], server.Breaks.Enqueue);
        await using var cache = Open(server);

        var failure = await Caches.FailsToReadAsync(cache, sample.Info);
        Assert.Equal((nameof(NixErrors.HttpFailed), "cache"), (failure.ErrorId, failure.Builder));
        Assert.Equal(BinaryCacheLimits.HttpAttempts, server.Requests.Count(r => r.Contains("/nar/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Another_file_than_the_one_that_broke_is_not_taken_for_its_rest()
    {
        var sample = StoreSamples.File("changing", [.. Enumerable.Repeat((byte)1, 200_000)]);
        await Caches.FillAsync(_directory.Root, "none", sample);
        var file = Directory.GetFiles(Path.Combine(_directory.Root, "nar")).Single();
        using var server = new CacheServer(_directory.Root)
        {
            OnRequest = path => Task.Run(() =>
            {
                if (path.StartsWith("/nar/", StringComparison.Ordinal) && File.ReadAllBytes(file)[150_000] == 1 && _asked++ == 1)
                {
                    File.WriteAllBytes(file, NarBytes.File([.. Enumerable.Repeat((byte)2, 200_000)]));
                }
            }),
        };
        server.Breaks.Enqueue(100_000);
        await using var cache = Open(server);

        var failure = await Caches.FailsToReadAsync(cache, sample.Info);
        Assert.Equal(nameof(NixErrors.NarHashMismatch), failure.ErrorId);
    }

    private int _asked;

    [Theory]
    [InlineData(408)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task An_answer_that_may_pass_is_asked_for_again(int status)
    {
        var sample = StoreSamples.File("one", "1"u8.ToArray());
        await Caches.FillAsync(_directory.Root, "zstd", sample);
        using var server = new CacheServer(_directory.Root);
        Array.ForEach(["nix-cache-info", ".narinfo", "/nar/"], path => server.Refusals.Enqueue((path, status)));
        await using var cache = Open(server);

        Assert.Single(await cache.QueryPathInfosAsync([sample.Info.Path], default));
        Assert.Equal(sample.Nar, (await cache.ReadAllAsync([sample.Info]))[sample.Info.Path]);
        Assert.Equal(6, server.Requests.Count);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(501)]
    public async Task An_answer_that_will_stay_is_a_failure_at_once(int status)
    {
        var sample = StoreSamples.File("one", "1"u8.ToArray());
        await Caches.FillAsync(_directory.Root, "zstd", sample);
        using var server = new CacheServer(_directory.Root);
        server.Refusals.Enqueue((".narinfo", status));
        await using var cache = Open(server);

        var failure = await Assert.ThrowsAsync<NixRemoteException>(() => cache.QueryPathInfosAsync([sample.Info.Path], default));
        Assert.Equal((nameof(NixErrors.HttpFailed), "cache"), (failure.ErrorId, failure.Builder));
        Assert.Contains(status.ToString(System.Globalization.CultureInfo.InvariantCulture), failure.Message, StringComparison.Ordinal);
        Assert.Equal(2, server.Requests.Count);
    }

    [Theory]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(410)]
    public async Task What_is_not_there_is_not_valid(int status)
    {
        var sample = StoreSamples.File("one", "1"u8.ToArray());
        await Caches.FillAsync(_directory.Root, "zstd", sample);
        using var server = new CacheServer(_directory.Root);
        server.Refusals.Enqueue((".narinfo", status));
        await using var cache = Open(server);
        Assert.Empty(await cache.QueryPathInfosAsync([sample.Info.Path], default));
    }

    [Fact]
    public async Task An_address_that_is_no_cache_says_so()
    {
        using var server = new CacheServer(_directory.Root);
        await using var cache = Open(server);
        var failure = await Assert.ThrowsAsync<NixRemoteException>(() => cache.QueryPathInfosAsync([StoreSamples.Path("x")], default));
        Assert.Equal(nameof(NixErrors.CacheUnusable), failure.ErrorId);
        Assert.Contains("nix-cache-info", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_there()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        await using var cache = Open($"http://127.0.0.1:{port}");
        var failure = await Assert.ThrowsAsync<NixRemoteException>(() => cache.QueryPathInfosAsync([StoreSamples.Path("x")], default));
        Assert.Equal((nameof(NixErrors.HttpFailed), "cache"), (failure.ErrorId, failure.Builder));
    }

    [Fact]
    public async Task It_is_not_written()
    {
        await using var cache = Open("http://127.0.0.1:1");
        var failure = await Assert.ThrowsAsync<NixRemoteException>(() => cache.AddPathsAsync(1, StoreSamples.Chain(1).Items(), default));
        Assert.Equal(nameof(NixErrors.CacheReadOnly), failure.ErrorId);
    }

    [Fact]
    public async Task Cancelling_ends_a_download_that_stands_still()
    {
        var sample = StoreSamples.File("one", "1"u8.ToArray());
        await Caches.FillAsync(_directory.Root, "none", sample);
        var asked = new TaskCompletionSource();
        var never = new TaskCompletionSource();
        using var server = new CacheServer(_directory.Root)
        {
            OnRequest = path => path.StartsWith("/nar/", StringComparison.Ordinal) && asked.TrySetResult() ? never.Task : Task.CompletedTask,
        };
        using var stop = new CancellationTokenSource();
        await using var cache = Open(server);
        var reading = Task.Run(async () =>
        {
            await foreach (var _ in cache.ReadNarsAsync([sample.Info], stop.Token))
            {
            }
        });
        await asked.Task;
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WaitAsync(TimeSpan.FromSeconds(2)));
        never.SetResult();
    }

    // "me:se cret" in base 64; the password is percent-encoded in an address
    private const string Login = "Basic bWU6c2UgY3JldA==";

    [Theory]
    [InlineData("netrc")]
    [InlineData("address")]
    public async Task A_cache_with_a_login_is_read_by_netrc_or_address(string way)
    {
        var sample = StoreSamples.File("large", [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * i >> 5))]);
        await Caches.FillAsync(_directory["cache"], "none", sample);
        using var server = new CacheServer(_directory["cache"]) { Authorization = Login };
        server.Breaks.Enqueue(100_000);
        File.WriteAllText(_directory["netrc"], "machine 127.0.0.1 login me password \"se cret\"\n");
        await using var cache = OpenByUri(way == "netrc" ? server.Address : WithLogin(server.Address), way == "netrc" ? _directory["netrc"] : null);

        Assert.Equal(sample.Nar, (await cache.ReadAllAsync([sample.Info]))[sample.Info.Path]);
        Assert.DoesNotContain("cret", cache.Name, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_login_does_not_go_to_another_host()
    {
        var sample = StoreSamples.File("one", "1"u8.ToArray());
        await Caches.FillAsync(_directory.Root, "none", sample);
        using var other = new CacheServer(_directory.Root);
        using var server = new CacheServer(_directory.Root) { Authorization = Login, ArchivesAt = other.Address };
        await using var cache = OpenByUri(WithLogin(server.Address), null);

        Assert.Equal(sample.Nar, (await cache.ReadAllAsync([sample.Info]))[sample.Info.Path]);
        Assert.Null(Assert.Single(other.Authorizations));
        Assert.All(server.Authorizations, Assert.NotNull);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("machine 127.0.0.1 login me password wrong-secret")]
    [InlineData("machine other.org login me password wrong-secret")]
    public async Task A_missing_or_wrong_login_is_said_with_its_cure_and_without_the_secret(string? netrc)
    {
        using var server = new CacheServer(_directory.Root) { Authorization = Login };
        File.WriteAllText(_directory["netrc"], netrc ?? "");
        await using var cache = OpenByUri(netrc is null ? WithLogin(server.Address).Replace("%20", "", StringComparison.Ordinal) : server.Address, _directory["netrc"]);

        var failure = await Assert.ThrowsAsync<NixRemoteException>(() => cache.QueryPathInfosAsync([StoreSamples.Path("any")], default));

        Assert.Equal(nameof(NixErrors.HttpFailed), failure.ErrorId);
        Assert.Contains("401", failure.Message, StringComparison.Ordinal);
        Assert.Contains("netrc", failure.RecommendedAction, StringComparison.Ordinal);
        Assert.DoesNotContain("cret", failure.ToString() + failure.Target + failure.Builder, StringComparison.Ordinal);
    }

    private static string WithLogin(string address) => address.Replace("http://", "http://me:se%20cret@", StringComparison.Ordinal);

    private static INixStore OpenByUri(string uri, string? netrc) =>
        new StoreFactory(new AdapterFactory().CreateSshConnector(), new SshOptions()) { Compressions = Caches.Compressions, NetrcFile = netrc }
            .OpenStore(StoreUri.Parse(uri), new StoreOpenOptions { Name = uri });

    private static BinaryCacheStore Open(CacheServer server) => Open(server.Address);

    private static BinaryCacheStore Open(string address) => new("cache",
        new BinaryCacheHttp(new Uri(address), "cache", null, TimeProvider.System), new BinaryCacheOptions { Compressions = Caches.Compressions });
}
