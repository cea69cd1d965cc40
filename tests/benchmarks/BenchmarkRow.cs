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

    /// <summary>By how much the peak is over what the process had when the statement began; the largest of all runs.</summary>
    [JsonPropertyName("rss_growth_bytes")]
    public required long RssGrowth { get; init; }

    /// <summary>The paths of one run; null where there is nothing to count.</summary>
    [JsonPropertyName("paths")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Paths { get; init; }

    /// <summary>The bytes of their archives.</summary>
    [JsonPropertyName("bytes")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Bytes { get; init; }

    /// <summary>Paths a second of NixRemote, its start counted in.</summary>
    [JsonPropertyName("paths_per_s")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? PathsPerSecond => Paths is null ? null : Math.Round(Paths.Value / NixRemote);

    /// <summary>Bytes a second of NixRemote, its start counted in.</summary>
    [JsonPropertyName("bytes_per_s")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? BytesPerSecond => Bytes is null ? null : Math.Round(Bytes.Value / NixRemote);

    /// <summary>Of a relay: the time of the slower of its halves alone ÷ its own, all of NixRemote; null until both halves were measured.</summary>
    [JsonPropertyName("ratio_to_slower_half")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? RatioToSlowerHalf { get; init; }
}
