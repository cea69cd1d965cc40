namespace NixRemote.Builders;

public sealed partial class NixConfiguration
{
    /// <summary>Reads the chain of config.md §2: the system file, the user files, <c>NIX_CONFIG</c>; later ones win. Lines that cannot be
    /// read are <see cref="Errors"/>, and the rest counts.</summary>
    /// <param name="environment">Variables, directories and defaults.</param>
    /// <param name="overrides">Values given explicitly, by setting name; they win over everything.</param>
    public static NixConfiguration Load(NixEnvironment environment, IReadOnlyDictionary<string, string>? overrides = null)
    {
        ArgumentNullException.ThrowIfNull(environment);
        var directory = environment["NIX_CONF_DIR"] is { Length: > 0 } configured ? configured : environment.ConfigurationDirectory;
        var parser = new NixConfParser();
        parser.ParseFile(Path.Combine(directory, "nix.conf"), "system file");
        foreach (var file in UserFiles(environment).Reverse())
        {
            parser.ParseFile(file, "user file");
        }

        if (environment["NIX_CONFIG"] is { } text)
        {
            parser.ParseText(text, "NIX_CONFIG", "environment variable");
        }

        foreach (var (name, value) in overrides ?? new Dictionary<string, string>())
        {
            var place = new SourceLocation($"-{name}", 1, 1);
            parser.Assignments.Add(new NixConfAssignment(name, value, value, place, place));
        }

        return Apply(environment, NixSettings.For(environment, directory), parser);
    }

    /// <summary>The user's files, highest priority first.</summary>
    private static IEnumerable<string> UserFiles(NixEnvironment environment)
    {
        if (environment["NIX_USER_CONF_FILES"] is { } files)
        {
            return files.Split(environment.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        }

        var directories = new List<string>();
        if (environment["NIX_CONFIG_HOME"] is { Length: > 0 } home)
        {
            directories.Add(home);
        }
        else if (environment.RoamingConfigurationDirectory is { } roaming)
        {
            directories.Add(roaming);
        }
        else if (environment["XDG_CONFIG_HOME"] is { Length: > 0 } xdg)
        {
            directories.Add(Path.Combine(xdg, "nix"));
        }
        else if ((environment["HOME"] ?? environment.HomeDirectory) is { Length: > 0 } user)
        {
            directories.Add(Path.Combine(user, ".config", "nix"));
        }

        if (environment.RoamingConfigurationDirectory is null)
        {
            var shared = environment["XDG_CONFIG_DIRS"] is { Length: > 0 } set ? set : "/etc/xdg";
            directories.AddRange(shared.Split(environment.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Select(d => Path.Combine(d, "nix")));
        }

        return directories.Select(d => Path.Combine(d, "nix.conf"));
    }

    private static NixConfiguration Apply(NixEnvironment environment, IReadOnlyList<NixSettingDefinition> table, NixConfParser parser)
    {
        var byName = new Dictionary<string, NixSettingDefinition>(StringComparer.Ordinal);
        var settings = new Dictionary<string, NixSettingBuilder>(StringComparer.Ordinal);
        foreach (var definition in table)
        {
            settings[definition.Name] = new NixSettingBuilder(definition);
            foreach (var name in definition.Aliases.Prepend(definition.Name))
            {
                byName[name] = definition;
            }
        }

        var assignments = new Dictionary<string, NixConfAssignment>(StringComparer.Ordinal);
        var suggestions = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var assignment in parser.Assignments)
        {
            // The exact name first: extra-platforms is a setting of its own, and extra-extra-platforms adds to it.
            if (byName.TryGetValue(assignment.Name, out var definition))
            {
                if (!NixSettings.IsValid(definition.Kind, assignment.Value))
                {
                    parser.Errors.Add(new ConfigurationProblem(NixErrors.NixConfInvalid, assignment.ValueSource, MachinesCollector.Shown(assignment.Value),
                        $"The setting '{assignment.Name}' has the invalid value '{MachinesCollector.Shown(assignment.Value)}'; it is ignored.", Cure(definition.Kind)));
                    continue;
                }

                settings[definition.Name].Set(assignment.Value, assignment.Source);
                assignments[definition.Name] = assignment;
            }
            else if (assignment.Name.StartsWith("extra-", StringComparison.Ordinal) && byName.TryGetValue(assignment.Name["extra-".Length..], out definition) &&
                definition.IsAppendable)
            {
                settings[definition.Name].Add(assignment.Value, assignment.Source);
            }
            else if (Suggest(assignment.Name) is { } meant)
            {
                // Nix has far more settings than a build client needs: only a name that looks like one of those is worth a word.
                parser.Warn(assignment.Source, $"'{assignment.Name}' is not a setting of Nix; '{meant}' is.");
            }
        }

        var made = settings.ToDictionary(s => s.Key, s => s.Value.ToSetting(), StringComparer.Ordinal);
        return new NixConfiguration(environment, made, assignments, parser.Errors, parser.Warnings, parser.Sources);

        string? Suggest(string name)
        {
            // Whoever has so many different names made them by a program.
            if (!suggestions.TryGetValue(name, out var suggestion) && suggestions.Count < 1_000)
            {
                suggestions[name] = suggestion = EditDistance.Nearest(name, byName.Keys, 2);
            }

            return suggestion;
        }
    }

    private static string Cure(NixSettingKind kind) => kind switch
    {
        NixSettingKind.Boolean => "Write true or false.",
        NixSettingKind.NumberOrAuto => "Write a whole number of 0 or more, or auto.",
        _ => "Write a whole number of 0 or more.",
    };
}
