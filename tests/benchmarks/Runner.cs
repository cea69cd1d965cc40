using System.Diagnostics;
using NixRemote.Tests.TestBed;

namespace NixRemote.Benchmarks;

/// <summary>Runs a case several times, stock and ours by turns, so that a busy machine hurts both.</summary>
internal sealed class Runner(NixTestBed bed, HostProcess host, int repeat)
{
    private readonly List<(BenchmarkCase Case, IReadOnlyList<string> Input)> _used = [];

    /// <summary>Frees what runs of many paths have left. A file system that has just deleted many files makes new ones slowly, for minutes:
    /// nothing is deleted before all has been measured.</summary>
    public async Task CleanAsync()
    {
        foreach (var (benchmark, input) in _used)
        {
            await benchmark.CleanAsync(bed, input);
        }

        _used.Clear();
    }

    /// <summary>Runs a case.</summary>
    public async Task<BenchmarkRow> RunAsync(BenchmarkCase benchmark)
    {
        var stock = new SortedDictionary<int, List<double>>();
        List<Measurement> cold = [];
        List<Measurement> warm = [];
        (int Paths, long Bytes)? size = null;
        for (var i = 0; i < repeat; i++)
        {
            for (var way = 0; way < benchmark.StockCommands(bed, []).Count; way++)
            {
                await WithInputAsync(benchmark, async input =>
                {
                    var watch = Stopwatch.StartNew();
                    var output = await bed.ExecAsync(bed.Client, [.. benchmark.StockCommands(bed, input)[way]]);
                    (stock.TryGetValue(way, out var times) ? times : stock[way] = []).Add(watch.Elapsed.TotalSeconds);
                    output.Succeeded();
                });
            }

            await WithInputAsync(benchmark, async input =>
            {
                size ??= await benchmark.SizeAsync(bed, input);
                cold.Add(await host.RunAsync(bed, benchmark.Statement(bed), input));
            });

            // A shell that has worked before; its connections are closed again.
            await WithInputAsync(benchmark, first => WithInputAsync(benchmark,
                async second => warm.Add(await host.RunAsync(bed, benchmark.Statement(bed), first, second))));
            Console.WriteLine(
                $"{benchmark.Name} {benchmark.Protocol}: stock {stock.Values.Min(t => t[^1]):0.00} s, NixRemote {cold[^1].Process:0.00} s, warm {warm[^1].Statement:0.00} s");
        }

        return new BenchmarkRow
        {
            Case = benchmark.Name,
            Protocol = benchmark.Protocol,
            Stock = stock.Values.Min(Median),
            NixRemote = Median(cold.Select(m => m.Process)),
            Warm = Median(warm.Select(m => m.Statement)),
            PeakRss = cold.Concat(warm).Max(m => m.PeakRss),
            RssGrowth = cold.Concat(warm).Max(m => m.RssGrowth),
            Paths = size?.Paths,
            Bytes = size?.Bytes,
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
        if (benchmark.HasManyPaths)
        {
            _used.Add((benchmark, input));
        }
        else
        {
            await benchmark.CleanAsync(bed, input);
        }
    }
}
