using System.Diagnostics;
using System.Globalization;
using NixRemote.Stores;
using NixRemote.Tests.Stores;

namespace NixRemote.Benchmarks;

/// <summary>By how much copying closures of growing size makes this process grow: generated ones, without a machine at either end, so that
/// it is the copy alone. Needs no test bed, and is not in the JSON file.</summary>
internal static class ClosureMemory
{
    /// <summary>Its name for --case.</summary>
    public const string Name = "closure-memory";

    private const int References = 8;
    private const long LimitBytes = 128L << 20;

    /// <summary>Prints a line for each size.</summary>
    /// <returns>Whether none grew over the limit.</returns>
    public static async Task<bool> RunAsync()
    {
        await CopyAsync(1_000);
        var before = WorkingSet(process => process.WorkingSet64);
        Console.WriteLine($"Copied paths, each with {References} references and a signature: growth of the process since the beginning, most of it garbage that need not be collected");
        var holds = true;
        foreach (var count in new[] { 10_000, 50_000, 100_000, 200_000, 500_000 })
        {
            var watch = Stopwatch.StartNew();
            await CopyAsync(count);
            var seconds = watch.Elapsed.TotalSeconds;
            var growth = WorkingSet(process => process.PeakWorkingSet64) - before;
            holds &= growth <= LimitBytes;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{count,9:N0} paths{growth / 1048576.0,8:0} MiB{seconds,8:0.0} s{(growth > LimitBytes ? $"   over {LimitBytes >> 20} MiB" : "")}"));
        }

        return holds;
    }

    private static async Task CopyAsync(int count)
    {
        var from = new GeneratedClosure(count, References);
        var copied = (await ClosureCopy.CopyClosureAsync(from, new EmptyStore(keepsNames: false), [from.Root], new CopyOptions(), null, default)).Copied.Count;
        if (copied != count)
        {
            throw new InvalidOperationException($"{copied} paths were copied, not {count}.");
        }
    }

    private static long WorkingSet(Func<Process, long> read)
    {
        using var process = Process.GetCurrentProcess();
        return read(process);
    }
}
