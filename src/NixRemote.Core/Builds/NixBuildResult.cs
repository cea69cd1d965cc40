using NixRemote.StoreObjects;

namespace NixRemote.Builds;

/// <summary>What became of one goal.</summary>
public sealed record NixBuildResult
{
    /// <summary>The derivation's store path. Paths are texts here, so that ConvertTo-Json and other programs get them as such.</summary>
    public required string DerivationPath { get; init; }

    /// <summary>The derivation's name.</summary>
    public string Name => Path.GetFileNameWithoutExtension(DerivationPath)[(StorePath.HashLength + 1)..];

    /// <summary>How it ended.</summary>
    public required GoalStatus Status { get; init; }

    /// <summary>Whether the wanted outputs are valid in the destination; after a rebuild, whether they are the same.</summary>
    public bool Success => Status is GoalStatus.Built or GoalStatus.AlreadyValid or GoalStatus.Copied or GoalStatus.Reproduced;

    /// <summary>The store paths of the wanted outputs by name; also after a failure, where the paths are those it would have had.</summary>
    public required IReadOnlyDictionary<string, string> Outputs { get; init; }

    /// <summary>Where the wanted outputs were unpacked on this machine, by name; empty unless that was asked for.</summary>
    public IReadOnlyDictionary<string, string> Unpacked { get; init; } = new Dictionary<string, string>();

    /// <summary>The builder that built it, or null.</summary>
    public string? Builder { get; init; }

    /// <summary>Builders that failed it before, each with its error; empty if the first one built it.</summary>
    public IReadOnlyList<NixFailure> Attempts { get; init; } = [];

    /// <summary>The error, if it did not succeed.</summary>
    public NixFailure? Error { get; init; }

    /// <summary>From the start of the run until a builder took it.</summary>
    public TimeSpan WaitTime { get; init; }

    /// <summary>Bringing its inputs to the builder.</summary>
    public TimeSpan UploadTime { get; init; }

    /// <summary>The build itself, as seen from here.</summary>
    public TimeSpan BuildTime { get; init; }

    /// <summary>Bringing its outputs to the destination, their turn awaited.</summary>
    public TimeSpan DownloadTime { get; init; }

    /// <summary>Bytes of archives sent to the builder for it; inputs that another derivation had brought there are not counted.</summary>
    public long BytesSent { get; init; }

    /// <summary>Bytes of archives that went to the destination for it.</summary>
    public long BytesReceived { get; init; }

    /// <summary>The log of its build, the last 4 MiB of it; empty if it was not built.</summary>
    public string Log { get; init; } = "";

    /// <summary>After a rebuild, each output with both of its hashes; else empty.</summary>
    public IReadOnlyList<OutputComparison> Comparisons { get; init; } = [];
}
