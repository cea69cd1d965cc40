namespace NixRemote.Benchmarks;

/// <summary>One run of ours.</summary>
/// <param name="Process">Seconds from the start of the process to its end.</param>
/// <param name="Statement">Seconds of the last run of the statement alone.</param>
/// <param name="PeakRss">The peak memory of the process, in bytes.</param>
/// <param name="RssGrowth">By how much that is over what the process had when the first statement began.</param>
internal sealed record Measurement(double Process, double Statement, long PeakRss, long RssGrowth);
