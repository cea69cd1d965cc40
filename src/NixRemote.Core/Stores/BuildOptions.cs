namespace NixRemote.Stores;

/// <summary>Limits and wishes of one build request (wire.md §3.5). The worker protocol carries none of the limits:
/// there they are enforced by closing the connection.</summary>
public sealed record BuildOptions
{
    /// <summary>No output for this long ends the build; null: no limit.</summary>
    public TimeSpan? MaxSilentTime { get; init; }

    /// <summary>The whole build's limit; null: none.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Bytes of log; 0: no limit.</summary>
    public long MaxLogSize { get; init; }

    /// <summary>Keep the build directory of a failed build on the builder.</summary>
    public bool KeepFailed { get; init; }

    /// <summary>Normal, repair or check.</summary>
    public BuildMode Mode { get; init; }
}
