using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using NixRemote.Builders;
using NixRemote.Builds;
using NixRemote.StoreObjects;
using NixRemote.Tests.TestBed;
using Xunit.Abstractions;

namespace NixRemote.Tests.Builds;

/// <summary>
/// A graph of 200 derivations on three builders of which one loses its power at a random moment and comes back later.
/// <c>build.ps1 test -Soak</c> makes it 50 runs instead of 3.
/// </summary>
[Collection(PowerCutCollection.Name)]
public sealed class PowerCutTests(ITestOutputHelper output)
{
    private const int Derivations = 200;

    /// <summary>The variable with the number of runs, and the one with the file that gets a line for each.</summary>
    private const string RunsVariable = "NIXREMOTE_SOAK_RUNS";
    private const string ReportVariable = "NIXREMOTE_SOAK_REPORT";

    private static readonly NixBuilder[] _builders =
        [TestBedRuns.Builder("b28", "ssh"), TestBedRuns.Builder("b226", "ssh-ng"), TestBedRuns.Builder("b234", "ssh-ng")];

    /// <summary>Seconds of an undisturbed run without one builder, by its name.</summary>
    private static readonly ConcurrentDictionary<string, double> _undisturbed = new();

    public static TheoryData<int> Runs =>
        [.. Enumerable.Range(1, int.TryParse(Environment.GetEnvironmentVariable(RunsVariable), CultureInfo.InvariantCulture, out var runs) ? runs : 3)];

    private static NixTestBed Bed => NixTestBed.Current;

    [TestBedTheory]
    [MemberData(nameof(Runs))]
    public async Task A_run_survives_a_builder_that_loses_its_power(int seed)
    {
        var random = new Random(seed);
        var victim = _builders[seed % _builders.Length].Name;
        var cutAt = random.Next(1, Derivations);
        var restoreAt = cutAt + random.Next(0, 100);
        if (!_undisturbed.TryGetValue(victim, out var undisturbed))
        {
            undisturbed = _undisturbed[victim] = (await RunAsync(await InstantiateAsync(random), [.. _builders.Where(b => b.Name != victim)], _ => { })).Seconds;
        }

        var drv = await InstantiateAsync(random);
        var cut = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var restore = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var events = new ConcurrentQueue<BuildEvent>();
        var count = 0;
        var run = RunAsync(drv, _builders, e =>
        {
            events.Enqueue(e);
            if (e is BuildEvent.Built && Interlocked.Increment(ref count) is var built)
            {
                _ = (built == cutAt && cut.TrySetResult()) | (built == restoreAt && restore.TrySetResult());
            }
        });
        await Task.WhenAny(cut.Task, run);
        Bed.Cut(victim);
        try
        {
            await Task.WhenAny(restore.Task, run);
        }
        finally
        {
            await Bed.RestoreAsync(victim);
        }

        var (result, seconds) = await run;

        Assert.Null(result.Error);
        Assert.Equal(GoalStatus.Built, result.Status);
        Assert.True(await Bed.VerifyPathAsync(Bed.Client, result.Outputs["out"].ToString()));
        var builds = events.OfType<BuildEvent.Built>().GroupBy(b => b.Derivation, b => b.Builder).ToList();
        Assert.Equal(Derivations, builds.Count);
        Assert.All(builds, b => Assert.All(b.SkipLast(1), builder => Assert.Equal(victim, builder)));
        Assert.Equal([victim], events.OfType<BuildEvent.BuilderLost>().Select(l => l.Builder).Distinct());
        Report($"run {seed}: {victim} cut after {cutAt} builds, {builds.Sum(b => b.Count() - 1)} of its outputs lost and built again; {seconds:0.0} s, "
            + $"{seconds / undisturbed:0.00} of the {undisturbed:0.0} s without it");
    }

    private static async Task<(NixBuildResult Result, double Seconds)> RunAsync(string drv, IReadOnlyList<NixBuilder> builders, Action<BuildEvent> events)
    {
        var clock = Stopwatch.StartNew();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        var results = await TestBedRuns.RunAsync([drv], builders, new BuildRunOptions(), events, limit.Token);
        return (Assert.Single(results), clock.Elapsed.TotalSeconds);
    }

    /// <summary>A graph of twenty layers of ten, in which each derivation needs some of the layer below; the last one needs all that nobody else does.</summary>
    private static Task<string> InstantiateAsync(Random random)
    {
        const int width = 10;
        var expression = new System.Text.StringBuilder("let\n");
        var needed = new HashSet<int>();
        for (var i = 0; i < Derivations - 1; i++)
        {
            var below = i < width ? [] : Enumerable.Range(0, random.Next(1, 4)).Select(_ => i / width * width - width + random.Next(width)).Distinct().ToList();
            needed.UnionWith(below);
            expression.AppendLine(CultureInfo.InvariantCulture,
                $"d{i} = {Nonce.Derivation($"d{i}", $"sleep 0.0{random.Next(1, 10)}; echo $needs > $out", $"needs = [ {string.Join(' ', below.Select(b => $"d{b}"))} ];")};");
        }

        var top = Enumerable.Range(0, Derivations - 1).Where(i => !needed.Contains(i)).Select(i => $"d{i}");
        expression.Append("in ").Append(Nonce.Derivation("top", "echo $needs > $out", $"needs = [ {string.Join(' ', top)} ];"));
        return Bed.InstantiateAsync(expression.ToString());
    }

    private void Report(string line)
    {
        output.WriteLine(line);
        if (Environment.GetEnvironmentVariable(ReportVariable) is { Length: > 0 } file)
        {
            File.AppendAllText(file, line + "\n");
        }
    }
}
