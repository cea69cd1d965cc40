using System.Collections.Concurrent;
using System.Diagnostics;
using NixRemote.Builds;
using NixRemote.Tests.Ssh;
using NixRemote.Tests.StoreObjects;
using NixRemote.Tests.TestBed;
using NixRemote.Transport;

namespace NixRemote.Tests.Builds;

/// <summary>A builder that vanishes in the middle of a build and tells nobody, as after a power cut or behind a firewall that has lost its state: nothing
/// arrives any more, not even the end of the connection. ServerAliveInterval × (ServerAliveCountMax + 1) of ssh_config is the time after which it
/// counts as lost.</summary>
[Collection(TestBedCollection.Name)]
public sealed class VanishedBuilderTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static NixTestBed Bed => NixTestBed.Current;

    public void Dispose() => _directory.Dispose();

    [TestBedTheory]
    [InlineData("ssh", SshTransport.SshNet)]
    [InlineData("ssh-ng", SshTransport.SshNet)]
    [InlineData("ssh", SshTransport.OpenSsh)]
    [InlineData("ssh-ng", SshTransport.OpenSsh)]
    public async Task Its_build_goes_elsewhere_in_the_time_of_the_keep_alive_messages(string protocol, SshTransport transport)
    {
        using var wire = new FaultyWire(Bed.Node("b226").Port);
        var config = _directory["ssh_config"];
        await File.WriteAllTextAsync(config,
            $"Host vanishing\n  HostName 127.0.0.1\n  Port {wire.Port}\n  HostKeyAlias b226\n  ServerAliveInterval 1\n  ServerAliveCountMax 2\n{await File.ReadAllTextAsync(Bed.SshConfigFile)}");
        var mark = $"/tmp/{Nonce.Next()}";
        await Bed.ExecAsync("b226", "touch", mark);
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("vanishing", $"echo begun; if [ -e {mark} ]; then exec sleep 600; fi; echo > $out"));
        var events = new ConcurrentQueue<BuildEvent>();
        var clock = new Stopwatch();

        var result = Assert.Single(await TestBedRuns.RunAsync(
            [drv], [TestBedRuns.Builder("vanishing", protocol) with { SpeedFactor = 100 }, TestBedRuns.Builder("b28", "ssh")], new BuildRunOptions(), e =>
            {
                events.Enqueue(e);
                if (e is BuildEvent.LogLine { Builder: "vanishing" })
                {
                    clock.Start();
                    wire.Freeze();
                }
            },
            new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token,
            ssh: new SshOptions { ConfigFile = config, ExtraArguments = "", Transport = transport }));

        Assert.Equal((GoalStatus.Built, "b28"), (result.Status, result.Builder));
        Assert.InRange(clock.Elapsed.TotalSeconds, 1, 15); // 3 s, and the time of a busy machine
        var attempt = Assert.Single(result.Attempts);
        Assert.Equal(("vanishing", FailureCategory.ConnectionError), (attempt.Builder, attempt.Definition.Category));
        Assert.Equal("vanishing", Assert.Single(events.OfType<BuildEvent.BuilderLost>()).Builder);
    }
}
