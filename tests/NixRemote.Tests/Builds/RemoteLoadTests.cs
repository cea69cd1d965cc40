using NixRemote.Adapters;
using NixRemote.Builds;
using NixRemote.Stores;
using NixRemote.Tests.Scheduling;
using NixRemote.Tests.TestBed;
using NixRemote.Transport;

namespace NixRemote.Tests.Builds;

/// <summary>How busy builders are, and that the busy ones are avoided.</summary>
[Collection(TestBedCollection.Name)]
public sealed class RemoteLoadTests : BuildRunFixture
{
    [Theory]
    [InlineData("load 0.50 0.40 0.30 1/200 999\nprocessors 4\nmemory 1000\navailable 600\nprocessor-pressure 1.50\nmemory-pressure 0.00\n", "0.5|4|1000|600|0.015|0")]
    [InlineData("load 2.00 1.9 1.8\nprocessors 8\nmemory 16000\n", "2|8|16000|||")]
    [InlineData("motd says hello\nload 1 1 1\nprocessors 1", "1|1||||")]
    [InlineData("load 1\nprocessors 1\nload 99", "1|1||||")]
    [InlineData("processors 4", null)]
    [InlineData("load 1", null)]
    [InlineData("load 1\nprocessors 0", null)]
    [InlineData("load -1\nprocessors 2", null)]
    [InlineData("load NaN\nprocessors 2", null)]
    [InlineData("", null)]
    public void The_answer_is_lines_of_names_and_numbers(string text, string? expected)
    {
        var load = RemoteLoad.Parse(text);

        Assert.Equal(expected, load is null ? null : FormattableString.Invariant(
            $"{load.Load}|{load.Processors}|{load.MemoryTotal}|{load.MemoryAvailable}|{load.ProcessorPressure}|{load.MemoryPressure}"));
    }

    [Theory]
    [InlineData(0, 4, 4, 0, 0)]
    [InlineData(4, 4, 4, 0, 4)]
    [InlineData(4, 4, 2, 0, 2)]
    [InlineData(4, 4, 4, 3, 1)]
    [InlineData(2, 4, 4, 3, 0)]
    public void Load_is_measured_in_builds_of_others(double load, int processors, int slots, int own, double expected) =>
        Assert.Equal(expected, new RemoteLoad(load, processors).OthersBuilds(slots, own));

    [Theory]
    [InlineData(100, 4, null, true)]
    [InlineData(100, 6, null, false)]
    [InlineData(null, null, 0.3, true)]
    [InlineData(100, 50, 0.1, false)]
    [InlineData(null, null, null, false)]
    public void A_machine_that_is_short_of_memory_counts_as_full(int? total, int? available, double? pressure, bool isShort)
    {
        var load = new RemoteLoad(0, 4) { MemoryTotal = total, MemoryAvailable = available, MemoryPressure = pressure };

        Assert.Equal((isShort, isShort ? 2.0 : 0.0), (load.IsShortOfMemory, load.OthersBuilds(2, 0)));
    }

    [Fact]
    public async Task The_busy_builder_is_avoided()
    {
        var a = new MemoryStore("a");
        var b = new MemoryStore("b");
        var run = Run(
            new BuildRunOptions(), Local,
            new BuilderStore(SchedulingFixture.Builder("a", 2), a) { ReadLoad = _ => Task.FromResult(new RemoteLoad(16, 2)) },
            new BuilderStore(SchedulingFixture.Builder("b", 2), b) { ReadLoad = _ => Task.FromResult(new RemoteLoad(0, 2)) });

        await RunAsync([.. Enumerable.Range(0, 2).Select(i => Make($"goal{i}"))], run);

        Assert.Empty(a.BuildsAsked);
        Assert.Equal(2, b.BuildsAsked.Count);
    }

    [Fact]
    public async Task A_builder_that_does_not_tell_is_used_all_the_same()
    {
        var a = new MemoryStore("a");
        var run = Run(
            new BuildRunOptions(), Local,
            new BuilderStore(SchedulingFixture.Builder("a", 2), a) { ReadLoad = _ => throw new NixRemoteException(NixErrors.RemoteError, "a does not tell its load.") });

        Assert.Equal(GoalStatus.Built, Assert.Single(await RunAsync([Make("goal")], run)).Status);
        Assert.Contains(Events.OfType<BuildEvent.Decision>(), d => d.Text.Contains("Nobody knows how busy a is", StringComparison.Ordinal));
    }

    [TestBedTheory]
    [MemberData(nameof(NixTestBed.Builders), MemberType = typeof(NixTestBed))]
    public async Task A_real_machine_tells_its_load(string node)
    {
        var stores = new StoreFactory(new AdapterFactory().CreateSshConnector(), new SshOptions { ConfigFile = NixTestBed.Current.SshConfigFile, ExtraArguments = "" });
        await using var reader = new SshLoadReader(stores.LogIn(StoreUri.Parse($"ssh://{node}"), new StoreOpenOptions())!, node);

        foreach (var _ in Enumerable.Range(0, 2))
        {
            var load = await reader.ReadAsync(CancellationToken.None);

            Assert.Equal(Environment.ProcessorCount, load.Processors);
            Assert.InRange(load.Load, 0, 10_000);
            Assert.InRange(load.MemoryAvailable!.Value, 1, load.MemoryTotal!.Value);
        }
    }
}
