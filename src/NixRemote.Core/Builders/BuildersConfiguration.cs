namespace NixRemote.Builders;

/// <summary>The builders that Nix would use, and how that comes (machines.md §1).</summary>
public sealed record BuildersConfiguration
{
    /// <summary>The settings of nix.conf's chain.</summary>
    public required NixConfiguration Settings { get; init; }

    /// <summary>What the builders text says.</summary>
    public required MachinesParseResult Machines { get; init; }

    /// <summary>Where the builders text comes from, in words.</summary>
    public required string Origin { get; init; }

    /// <summary>The builders in the order of their declaration, those that are switched off included.</summary>
    public IReadOnlyList<NixBuilder> Builders => Machines.Builders;

    /// <summary>What cannot be read, in nix.conf's chain and in the builders text.</summary>
    public IReadOnlyList<ConfigurationProblem> Errors => [.. Settings.Errors, .. Machines.Errors];

    /// <summary>What is odd in either.</summary>
    public IReadOnlyList<ConfigurationWarning> Warnings => [.. Settings.Warnings, .. Machines.Warnings];

    /// <summary>The places that were asked, in order.</summary>
    public IReadOnlyList<ConfigurationSource> Sources => [.. Settings.Sources, .. Machines.Sources];

    /// <summary>What Nix would use in an environment: the setting <c>builders</c>, by default the files of <c>NIX_REMOTE_SYSTEMS</c>, else
    /// <c>machines</c> beside nix.conf.</summary>
    /// <param name="environment">Variables, directories and defaults.</param>
    /// <param name="tomlReader">Makes the reader of TOML when it is needed.</param>
    public static BuildersConfiguration Load(NixEnvironment environment, Func<ITomlReader>? tomlReader = null)
    {
        var settings = NixConfiguration.Load(environment);
        var options = new MachinesParseOptions { LocalSystem = settings.System, TomlReader = tomlReader };
        var setting = settings["builders"];
        if (settings.BuildersAssignment is { } assignment)
        {
            var machines = MachinesReader.ReadText(assignment.RawValue, assignment.ValueSource.File, options with { Start = assignment.ValueSource });
            return new BuildersConfiguration { Settings = settings, Machines = machines, Origin = $"the setting builders at {assignment.Source}" };
        }

        var (name, origin) = environment["NIX_REMOTE_SYSTEMS"] is null
            ? ("builders", "the default of the setting builders")
            : ("NIX_REMOTE_SYSTEMS", "the variable NIX_REMOTE_SYSTEMS");
        return new BuildersConfiguration
        {
            Settings = settings,
            Machines = MachinesReader.ReadText(setting.Value, name, options with { WarnOfMissingIncludes = name != "builders" }),
            Origin = origin,
        };
    }
}
