namespace NixRemote.Diagnosis;

/// <summary>What a builder tells of itself: its user, its Nix, that Nix's configuration, its clock and its disks.</summary>
public sealed record NixBuilderFacts
{
    /// <summary>The user that we are there.</summary>
    public string User { get; init; } = "";

    /// <summary>The user's groups.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>Kernel and processor: <c>Linux x86_64</c>.</summary>
    public string Kernel { get; init; } = "";

    /// <summary>The Nix programs on the PATH of a command that is run over SSH, by name, with their full paths.</summary>
    public IReadOnlyDictionary<string, string> Programs { get; init; } = new Dictionary<string, string>();

    /// <summary>Nix programs that are not on that PATH, but where Nix is usually installed.</summary>
    public IReadOnlyDictionary<string, string> ProgramsElsewhere { get; init; } = new Dictionary<string, string>();

    /// <summary>What nix-store says of its version; null if it does not run.</summary>
    public string? Version { get; init; }

    /// <summary>Its Nix settings (<c>nix config show</c>) by name; empty where it does not tell them.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>How far its clock is ahead of ours (negative: behind); null if it does not tell the time. At most as wrong as
    /// the question took.</summary>
    public TimeSpan? ClockOffset { get; init; }

    /// <summary>Free bytes by folder: the store, and where builds work.</summary>
    public IReadOnlyDictionary<string, long> FreeBytes { get; init; } = new Dictionary<string, long>();

    /// <summary>The systems that it builds for, its own first; empty where it does not tell.</summary>
    public IReadOnlyList<string> Systems => [.. Words("system").Concat(Words("extra-platforms")).Distinct(StringComparer.Ordinal)];

    /// <summary>Its features.</summary>
    public IReadOnlyList<string> Features => Words("system-features");

    /// <summary>How many builds it makes at a time; null where it does not tell.</summary>
    public int? MaxJobs => int.TryParse(Settings.GetValueOrDefault("max-jobs"), out var jobs) ? jobs : null;

    /// <summary>Whether its Nix trusts the user, by its own configuration; null where it does not tell.</summary>
    public bool? IsTrusted =>
        User == "root" ? true
        : Settings.ContainsKey("trusted-users") && User.Length > 0
            ? Words("trusted-users").Any(name => name == "*" || name == User || (name.StartsWith('@') && Groups.Contains(name[1..])))
            : null;

    private string[] Words(string setting) =>
        Settings.GetValueOrDefault(setting)?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) ?? [];
}
