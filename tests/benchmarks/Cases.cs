namespace NixRemote.Benchmarks;

/// <summary>All cases, in the order of the table. A new one joins here.</summary>
internal static class Cases
{
    public static IReadOnlyList<BenchmarkCase> All { get; } =
        [.. new[] { "ssh", "ssh-ng" }.SelectMany(protocol => new BenchmarkCase[]
        {
            BuildCase.Wide(100, protocol),
            BuildCase.Chain(50, protocol),
            CopyCase.Tiny(2000, protocol),
            CopyCase.Large("copy-1g", 1024, protocol),
        })];
}
