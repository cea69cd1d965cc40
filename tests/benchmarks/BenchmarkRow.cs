using System.Text.Json.Serialization;

namespace NixRemote.Benchmarks;

/// <summary>One line of the result: medians in seconds, and the peak memory of our process in bytes.</summary>
internal sealed record BenchmarkRow
{
    [JsonPropertyName("case")]
    public required string Case { get; init; }

    [JsonPropertyName("protocol")]
    public required string Protocol { get; init; }

    /// <summary>Stock Nix, the whole process; of several ways the fastest.</summary>
    [JsonPropertyName("stock_s")]
    public required double Stock { get; init; }

    /// <summary>NixRemote, the whole process: start, import, work.</summary>
    [JsonPropertyName("nixremote_s")]
    public required double NixRemote { get; init; }

    /// <summary>Stock Nix ÷ NixRemote.</summary>
    [JsonPropertyName("ratio")]
    public double Ratio => Math.Round(Stock / NixRemote, 2);

    /// <summary>NixRemote in a shell that has done such work before; the module is imported, no connection is open.</summary>
    [JsonPropertyName("warm_s")]
    public required double Warm { get; init; }

    /// <summary>Stock Nix ÷ NixRemote in a warm shell.</summary>
    [JsonPropertyName("ratio_warm")]
    public double RatioWarm => Math.Round(Stock / Warm, 2);

    /// <summary>The largest of all runs.</summary>
    [JsonPropertyName("peak_rss_bytes")]
    public required long PeakRss { get; init; }
}
