using NixRemote.StoreObjects;

namespace NixRemote.Stores;

/// <summary>A store's answer to a build request (wire.md §3.6, §5.2).</summary>
public sealed record BuildResult
{
    /// <summary>The status; unknown values are MiscFailure.</summary>
    public required BuildStatus Status { get; init; }

    /// <summary>The store's error text, control sequences removed; empty on success.</summary>
    public string ErrorMessage { get; init; } = "";

    /// <summary>How often it was built; 0 where the store does not tell.</summary>
    public int TimesBuilt { get; init; }

    /// <summary>Whether repeated builds differed.</summary>
    public bool IsNonDeterministic { get; init; }

    /// <summary>Unix seconds; 0 where the store does not tell (Nix 2.34).</summary>
    public long StartTime { get; init; }

    /// <summary>Unix seconds; 0 where the store does not tell.</summary>
    public long StopTime { get; init; }

    /// <summary>CPU time in user mode, where the store tells (worker ≥ 1.37).</summary>
    public TimeSpan? CpuUser { get; init; }

    /// <summary>CPU time in the kernel, where the store tells.</summary>
    public TimeSpan? CpuSystem { get; init; }

    /// <summary>Output names and the paths that the store reports for them; may be empty on success.</summary>
    public IReadOnlyDictionary<string, StorePath> BuiltOutputs { get; init; } = new Dictionary<string, StorePath>();

    /// <summary>Built, Substituted, AlreadyValid or ResolvesToAlreadyValid.</summary>
    public bool IsSuccess => Status is BuildStatus.Built or BuildStatus.Substituted or BuildStatus.AlreadyValid or BuildStatus.ResolvesToAlreadyValid;
}
