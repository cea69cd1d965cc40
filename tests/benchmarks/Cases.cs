namespace NixRemote.Benchmarks;

/// <summary>All cases, in the order of the table. A new one joins here.</summary>
internal static class Cases
{
    /// <summary>From builder to builder; <see cref="Up"/> and <see cref="Down"/> are its halves.</summary>
    public const string Relay = "relay-1g";

    /// <summary>The same to a builder.</summary>
    public const string Up = "copy-1g";

    /// <summary>The same from a builder.</summary>
    public const string Down = "copy-1g-down";

    /// <summary>A long way, in milliseconds there and back.</summary>
    private const int _far = 50;

    public static IReadOnlyList<BenchmarkCase> All { get; } =
        [.. new[] { "ssh", "ssh-ng" }.SelectMany(protocol => new BenchmarkCase[]
        {
            BuildCase.Wide(100, protocol),
            BuildCase.Chain(50, protocol),
            CopyCase.Tiny(2000, protocol),
            CopyCase.TinyThere(2000, protocol),
            CopyCase.Large(Up, 1024, protocol),
            CopyCase.LargeDown(Down, 1024, protocol),
            CopyCase.Relay(Relay, 1024, protocol),
            CopyCase.Closure("closure-10k", levels: 200, width: 50, protocol),
            CopyCase.Small(300, _far, protocol),
            CopyCase.SeveralLarge("rtt50-1g-up", 64, 16, protocol, _far),
            CopyCase.LargeDown("rtt50-1g-down", 1024, protocol, _far),
            CopyCase.Large("rtt50-1g-one-up", 1024, protocol, _far),
        })];
}
