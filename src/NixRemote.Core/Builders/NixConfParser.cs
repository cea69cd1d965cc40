namespace NixRemote.Builders;

/// <summary>Reads nix.conf's syntax (config.md §1): names and values in order, includes expanded.</summary>
internal sealed class NixConfParser
{
    private static readonly char[] _blanks = [' ', '\t', '\r'];

    private readonly List<string> _open = [];
    private int _files;
    private long _bytes;

    /// <summary>What was set, in order.</summary>
    public List<NixConfAssignment> Assignments { get; } = [];

    /// <summary>What cannot be read.</summary>
    public List<ConfigurationProblem> Errors { get; } = [];

    /// <summary>The files that were asked.</summary>
    public List<ConfigurationSource> Sources { get; } = [];

    /// <summary>Reads a file if it is there.</summary>
    public void ParseFile(string path, string role)
    {
        var file = ConfigurationFile.Read(path);
        Sources.Add(new ConfigurationSource(path, file.State, role));
        if (file.State == ConfigurationSourceState.Unreadable)
        {
            // Nix goes on without it; a user who wonders why a setting does not count wants to know.
            Error(new SourceLocation(path, 1, 1), "", $"The file cannot be read, and Nix ignores that. {file.Failure}",
                NixErrors.ConfigurationFileUnreadable.RecommendedAction, NixErrors.ConfigurationFileUnreadable);
        }

        Parse(file, path, Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/");
    }

    /// <summary>Reads a text, such as that of <c>NIX_CONFIG</c>.</summary>
    public void ParseText(string text, string name, string role)
    {
        Sources.Add(new ConfigurationSource(name, ConfigurationSourceState.Read, role));
        Parse(ConfigurationFile.FromText(text), name, "/");
    }

    private void Parse(ConfigurationFile file, string name, string directory)
    {
        _files++;
        _bytes += file.Bytes;
        if (_files > BuildersLimits.IncludedFiles || _bytes > BuildersLimits.IncludedBytes)
        {
            if (!Errors.Any(e => e.Definition == NixErrors.ConfigurationTooLarge))
            {
                Error(new SourceLocation(name, 1, 1), "", $"The configuration includes more than {BuildersLimits.IncludedFiles} files or {BuildersLimits.IncludedBytes} bytes; the rest is not read.",
                    NixErrors.ConfigurationTooLarge.RecommendedAction, NixErrors.ConfigurationTooLarge);
            }

            return;
        }

        _open.Add(name);
        var number = 0;
        foreach (var raw in file.Text.Split('\n'))
        {
            number++;
            var hash = raw.IndexOf('#');
            var line = hash < 0 ? raw : raw[..hash];
            if (line.Trim(_blanks).Length > 0)
            {
                ParseLine(line, name, directory, number);
            }
        }

        _open.RemoveAt(_open.Count - 1);
    }

    private void ParseLine(string line, string name, string directory, int number)
    {
        var tokens = line.Split(_blanks, StringSplitOptions.RemoveEmptyEntries);
        var place = new SourceLocation(name, number, line.Length - line.TrimStart(_blanks).Length + 1);
        if (tokens[0] is "include" or "!include")
        {
            if (tokens.Length == 2)
            {
                Include(tokens[1], name, directory, place, ignoreMissing: tokens[0][0] == '!');
                return;
            }
        }
        else if (tokens.Length > 1 && tokens[1] == "=")
        {
            // The value is searched behind the '=' that stands alone: a name may hold one.
            var equals = line.IndexOf('=', line.IndexOf(tokens[0], StringComparison.Ordinal) + tokens[0].Length);
            var raw = line[(equals + 1)..];
            var valueColumn = equals + 1 + (raw.Length - raw.TrimStart(_blanks).Length) + 1;
            Assignments.Add(new NixConfAssignment(tokens[0], string.Join(' ', tokens[2..]), raw.Trim(_blanks), place, place with { Column = valueColumn }));
            return;
        }

        Error(place, line.Trim(_blanks), "syntax error in configuration line.", "Write NAME = VALUE with blanks around the '=', or include PATH.");
    }

    private void Include(string path, string name, string directory, SourceLocation place, bool ignoreMissing)
    {
        var full = Path.GetFullPath(path, directory);
        if (_open.Contains(full))
        {
            Error(place, path, $"The file includes itself: {string.Join(" → ", _open.SkipWhile(f => f != full).Append(full))}.", "Remove one of the includes.");
            return;
        }

        if (_open.Count > BuildersLimits.IncludeDepth)
        {
            Error(place, path, $"Files are included more than {BuildersLimits.IncludeDepth} levels deep.", "Include fewer levels; look for files that include each other.");
            return;
        }

        if (!File.Exists(full) && !Directory.Exists(full))
        {
            Sources.Add(new ConfigurationSource(full, ConfigurationSourceState.Missing, $"included by {name}"));
            if (!ignoreMissing)
            {
                Error(place, path, $"The file '{full}' included from '{name}' is not found.", "Create it, or write !include if it may be missing.");
            }

            return;
        }

        ParseFile(full, $"included by {name}");
    }

    private void Error(SourceLocation place, string text, string message, string cure, ErrorDefinition? definition = null)
    {
        if (Errors.Count < BuildersLimits.Problems)
        {
            Errors.Add(new ConfigurationProblem(definition ?? NixErrors.NixConfInvalid, place, MachinesCollector.Shown(text), message, cure));
        }
    }
}
