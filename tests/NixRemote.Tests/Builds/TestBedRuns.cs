using NixRemote.Adapters;
using NixRemote.Builders;
using NixRemote.Builds;
using NixRemote.Stores;
using NixRemote.Tests.TestBed;
using NixRemote.Transport;

namespace NixRemote.Tests.Builds;

/// <summary>Runs on the test bed's builders; derivations come from its client's store, and outputs go there.</summary>
internal static class TestBedRuns
{
    private static NixTestBed Bed => NixTestBed.Current;

    /// <summary>A node as a builder of two jobs.</summary>
    /// <param name="node">The node, which is also the builder's name.</param>
    /// <param name="protocol"><c>ssh</c> or <c>ssh-ng</c>.</param>
    /// <param name="host">Where it is reached, if not by its name.</param>
    public static NixBuilder Builder(string node, string protocol, string? host = null) => new(StoreUri.Parse($"{protocol}://{host ?? node}"))
    {
        Name = node,
        Systems = ["x86_64-linux"],
        MaxJobs = 2,
    };

    public static async Task<IReadOnlyList<NixBuildResult>> RunAsync(
        IReadOnlyList<string> goals, IReadOnlyList<NixBuilder> builders, BuildRunOptions options, Action<BuildEvent> events, CancellationToken cancellationToken,
        TimeSpan? connectTimeout = null, SshOptions? ssh = null, string? daemonSocket = null, int localJobs = 0)
    {
        var connector = new SshConnector(new AdapterFactory().CreateSshConnector(), new OpenSshConnector());
        var stores = new StoreFactory(connector, ssh ?? new SshOptions { ConfigFile = Bed.SshConfigFile, ExtraArguments = "", ConnectTimeout = connectTimeout });
        await using var local = stores.Open(
            StoreUri.Parse($"unix://{daemonSocket ?? Bed.ClientDaemonSocket}?real={Bed.ClientStoreDirectory}"), new StoreOpenOptions { Name = "local", MaxConnections = 4 });
        var opened = builders.Select(b => new BuilderStore(b, stores.Open(b.ToStoreUri(), new StoreOpenOptions { Name = b.Name, MaxConnections = BuilderStore.ConnectionsFor(b) }))).ToList();
        var here = new BuilderStore(Builder("here", "ssh") with { MaxJobs = localJobs }, local) { IsLocal = true };
        try
        {
            return await new BuildRun(local, local, localJobs == 0 ? opened : [.. opened, here], options, events).RunAsync([.. goals.Select(BuildGoal.Parse)], cancellationToken);
        }
        finally
        {
            await Task.WhenAll(opened.Select(o => o.Store.DisposeAsync().AsTask()));
        }
    }
}
