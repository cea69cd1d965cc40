namespace NixRemote.Builders;

/// <summary>What reading builders depends on besides the text.</summary>
public sealed record MachinesParseOptions
{
    /// <summary>The system of the machine that coordinates: what an entry without systems builds for.</summary>
    public required string LocalSystem { get; init; }

    /// <summary>The format to read, or null to tell it by the text (<see cref="MachinesFormatDetector"/>).</summary>
    public MachinesFormat? Format { get; init; }

    /// <summary>Makes the reader of TOML when a text needs it; without one, TOML is an error.</summary>
    public Func<ITomlReader>? TomlReader { get; init; }

    /// <summary>Against what relative <c>@</c> paths are resolved. Nix resolves them against <c>/</c> (on Windows, the current drive's
    /// root), whatever file names them.</summary>
    public string BaseDirectory { get; init; } = Path.GetFullPath("/");

    /// <summary>Whether an included file that does not exist is worth a warning: not for the default <c>@/etc/nix/machines</c>.</summary>
    public bool WarnOfMissingIncludes { get; init; } = true;

    /// <summary>Where the text begins, if it is part of another one, such as a value in nix.conf; null if it is a text of its own.</summary>
    public SourceLocation? Start { get; init; }
}
