using System.Globalization;
using System.Text;
using System.Text.Json;

namespace NixRemote.Benchmarks;

/// <summary>The rows as a table for people and as JSON for programs.</summary>
internal static class Report
{
    private static readonly JsonSerializerOptions _json = new() { WriteIndented = true };

    private const double Mebibyte = 1048576;

    /// <summary>The ratio table.</summary>
    public static string Table(IReadOnlyList<BenchmarkRow> rows)
    {
        var text = new StringBuilder();
        text.AppendLine().AppendLine("case               protocol    stock  NixRemote   ratio     warm   ratio  peak memory   growth   paths/s    MiB/s");
        foreach (var row in WithHalves(rows))
        {
            text.AppendLine(string.Create(CultureInfo.InvariantCulture,
                $"{row.Case,-19}{row.Protocol,-8}{row.Stock,7:0.00} s{row.NixRemote,9:0.00} s{row.Ratio,7:0.0}x{row.Warm,7:0.00} s{row.RatioWarm,7:0.0}x{row.PeakRss / Mebibyte,9:0} MiB{row.RssGrowth / Mebibyte,5:0} MiB{row.PathsPerSecond,10:0}{row.BytesPerSecond / Mebibyte,9:0.0}"));
            if (row.RatioToSlowerHalf is { } ratio)
            {
                text.AppendLine(string.Create(CultureInfo.InvariantCulture, $"{"",19}{ratio:0.00} of the slower of its halves alone"));
            }
        }

        return text.ToString();
    }

    /// <summary>Writes the list; rows of other cases that the file has stay if asked for.</summary>
    public static void Write(string file, IReadOnlyList<BenchmarkRow> rows, bool keepOthers)
    {
        IEnumerable<BenchmarkRow> others = keepOthers && File.Exists(file)
            ? JsonSerializer.Deserialize<List<BenchmarkRow>>(File.ReadAllText(file))!.Where(o => !rows.Any(r => (r.Case, r.Protocol) == (o.Case, o.Protocol)))
            : [];
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        File.WriteAllText(file, JsonSerializer.Serialize(WithHalves([.. others.Concat(rows)]), _json) + "\n");
    }

    private static IEnumerable<BenchmarkRow> WithHalves(IReadOnlyList<BenchmarkRow> rows) => rows.Select(row => row.Case == Cases.Relay
        && rows.FirstOrDefault(r => (r.Case, r.Protocol) == (Cases.Up, row.Protocol)) is { } up
        && rows.FirstOrDefault(r => (r.Case, r.Protocol) == (Cases.Down, row.Protocol)) is { } down
        ? row with { RatioToSlowerHalf = Math.Round(Math.Max(up.NixRemote, down.NixRemote) / row.NixRemote, 2) } : row);
}
