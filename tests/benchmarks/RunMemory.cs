using System.Diagnostics;
using System.Globalization;
using NixRemote.Builds;
using NixRemote.Tests.Stores;

namespace NixRemote.Benchmarks;

/// <summary>
/// What a run with ten builders keeps in memory of the paths that it has to do with: a generated closure goes to each builder, and then each is asked
/// for all of it, as when something that was built there is needed elsewhere. Needs no test bed, and is not in the JSON file.
/// </summary>
internal static class RunMemory
{
    /// <summary>Its name for --case.</summary>
    public const string Name = "run-memory";

    private const int Builders = 10;
    private const int References = 8;
    private const long LimitBytes = 48L << 20;

    /// <summary>Prints a line for each size.</summary>
    /// <returns>Whether none kept more than the limit.</returns>
    public static async Task<bool> RunAsync()
    {
        await MeasureAsync(1_000);
        Console.WriteLine($"Paths that {Builders} builders were sent and asked for, each with {References} references and a signature: what the run keeps, and the peak of the process with its garbage");
        var holds = true;
        foreach (var count in new[] { 5_000, 12_000, 20_000 })
        {
            var watch = Stopwatch.StartNew();
            var kept = await MeasureAsync(count);
            holds &= kept <= LimitBytes;
            using var process = Process.GetCurrentProcess();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{count,9:N0} paths{kept / 1048576.0,8:0.0} MiB kept{process.PeakWorkingSet64 / 1048576.0,8:0} MiB peak{watch.Elapsed.TotalSeconds,8:0.0} s{(kept > LimitBytes ? $"   over {LimitBytes >> 20} MiB" : "")}"));
        }

        return holds;
    }

    private static async Task<long> MeasureAsync(int count)
    {
        var closure = new GeneratedClosure(count, References);
        var stores = Enumerable.Range(1, Builders).Select(i => new GeneratedBuilder($"builder-{i}", closure, count)).ToList();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var transfers = new Transfers(substitute: false, _ => { });
        var paths = new PathTable();
        var source = new RunStore(closure, paths);
        var builders = stores.ConvertAll(store => new RunStore(store, paths));
        await Task.WhenAll(builders.Select(builder => transfers.EnsureAsync(source, builder, [closure.Root], default)));
        foreach (var builder in builders)
        {
            var missing = await transfers.MissingAsync(builder, new RunStore(new EmptyStore(), paths), [closure.Root], protect: false, default);
            if (missing.Count != count)
            {
                throw new InvalidOperationException($"{builder.Name} told of {missing.Count} paths, not {count}.");
            }
        }

        var kept = GC.GetTotalMemory(forceFullCollection: true) - before;
        return stores.TrueForAll(store => store.Count == count) && builders.TrueForAll(builder => builder.Has(closure.Root)) ? kept
            : throw new InvalidOperationException($"{stores.Min(store => store.Count)} paths came to a builder, not {count}.");
    }
}
