using System.Diagnostics;
using NixRemote.Tests.TestBed;

namespace NixRemote.Benchmarks;

/// <summary>Runs a case several times, stock and ours by turns, so that a busy machine hurts both.</summary>
internal sealed class Runner(NixTestBed bed, HostProcess host, int repeat)
{
    /// <summary>Runs a case.</summary>
    public async Task<BenchmarkRow> RunAsync(BenchmarkCase benchmark)
    {
        List<double> stock = [];
        List<Measurement> ours = [];
        for (var i = 0; i < repeat; i++)
        {
            await WithInputAsync(benchmark, async input =>
            {
                var watch = Stopwatch.StartNew();
                var output = await bed.ExecAsync(bed.Client, [.. benchmark.StockCommand(bed, input)]);
                stock.Add(watch.Elapsed.TotalSeconds);
                output.Succeeded();
            });
            await WithInputAsync(benchmark, async input => ours.Add(await host.RunAsync(bed, benchmark.Statement(bed), input)));
            Console.WriteLine($"{benchmark.Name} {benchmark.Protocol}: stock {stock[^1]:0.00} s, NixRemote {ours[^1].Process:0.00} s, warm {ours[^1].Statement:0.00} s");
        }

        return new BenchmarkRow
        {
            Case = benchmark.Name,
            Protocol = benchmark.Protocol,
            Stock = Median(stock),
            NixRemote = Median(ours.Select(m => m.Process)),
            Warm = Median(ours.Select(m => m.Statement)),
            PeakRss = ours.Max(m => m.PeakRss),
        };
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        var middle = sorted.Count / 2;
        return Math.Round(sorted.Count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2, 3);
    }

    private async Task WithInputAsync(BenchmarkCase benchmark, Func<IReadOnlyList<string>, Task> run)
    {
        var input = await benchmark.PrepareAsync(bed);
        await run(input);
        await benchmark.VerifyAsync(bed, input);
        await benchmark.CleanAsync(bed, input);
    }
}
