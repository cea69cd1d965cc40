namespace NixRemote.Commands;

/// <summary>What Copy-NixClosure has done.</summary>
public sealed record NixClosureCopy
{
    /// <summary>The store that the paths come from.</summary>
    public required string From { get; init; }

    /// <summary>The store that they went to.</summary>
    public required string To { get; init; }

    /// <summary>The store paths that were asked for.</summary>
    public required IReadOnlyList<string> Roots { get; init; }

    /// <summary>The paths that were copied, references first.</summary>
    public required IReadOnlyList<string> Paths { get; init; }

    /// <summary>How many paths were copied.</summary>
    public required int Copied { get; init; }

    /// <summary>Paths of the closure that were there before.</summary>
    public required int Skipped { get; init; }

    /// <summary>Bytes of the archives that were copied.</summary>
    public required long Bytes { get; init; }

    /// <summary>How long it took, connections included.</summary>
    public required TimeSpan Time { get; init; }

    /// <summary>Bytes a second.</summary>
    public double BytesPerSecond => Time > TimeSpan.Zero ? Bytes / Time.TotalSeconds : 0;
}
