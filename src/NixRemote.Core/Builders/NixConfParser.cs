namespace NixRemote.Builders;

/// <summary>Reads nix.conf's syntax (config.md §1): names and values in order, includes expanded.</summary>
internal sealed class NixConfParser
{
    private static readonly char[] _blanks = [' ', '\t', '\r'];

    private readonly List<string> _open = [];
    private int _files;
    private long _bytes;
    private bool _stopped;

    /// <summary>What was set, in order.</summary>
    public List<NixConfAssignment> Assignments { get; } = [];

    /// <summary>What cannot be read.</summary>
    public List<ConfigurationProblem> Errors { get; } = [];

    /// <summary>What is odd.</summary>
    public List<ConfigurationWarning> Warnings { get; } = [];

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

        Parse(file, path, Path.GetDirectoryName(Path.GetFullPath(path)) ?? Path.GetFullPath("/"));
    }

    /// <summary>Reads a text, such as that of <c>NIX_CONFIG</c>.</summary>
    public void ParseText(string text, string name, string role)
    {
        Sources.Add(new ConfigurationSource(name, ConfigurationSourceState.Read, role));
        Parse(ConfigurationFile.FromText(text), name, Path.GetFullPath("/"));
    }

    /// <summary>Notes what is odd.</summary>
    public void Warn(SourceLocation place, string message)
    {
        if (Warnings.Count < BuildersLimits.Problems)
        {
            Warnings.Add(new ConfigurationWarning(place, null, null, message));
        }
    }

    private void Parse(ConfigurationFile file, string name, string directory)
    {
        _bytes += file.Bytes;
        if (_bytes > BuildersLimits.IncludedBytes)
        {
            Stop(new SourceLocation(name, 1, 1), $"The configuration has more than {BuildersLimits.IncludedBytes} bytes; the rest is not read.");
        }

        if (file.HasByteOrderMark)
        {
            Warn(new SourceLocation(name, 1, 1), "The text begins with a byte order mark, which Nix takes for a part of the first name. It is skipped here; save the file without it.");
        }

        _open.Add(name);
        var number = 0;
        for (var begin = 0; begin < file.Text.Length && !_stopped;)
        {
            number++;
            var end = file.Text.IndexOf('\n', begin);
            end = end < 0 ? file.Text.Length : end;
            var raw = file.Text[begin..end];
            begin = end + 1;
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
        if (line.Contains('\0'))
        {
            Error(place, line.Trim(_blanks), "The line has a NUL character.", "Remove the character.");
            return;
        }

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
            if (Assignments.Count == BuildersLimits.Assignments)
            {
                Stop(place, $"The configuration has more than {BuildersLimits.Assignments} assignments; the rest is not read.");
                return;
            }

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

        if (++_files > BuildersLimits.IncludedFiles)
        {
            Stop(place, $"The configuration includes more than {BuildersLimits.IncludedFiles} files; the rest is not read.");
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

    private void Stop(SourceLocation place, string message)
    {
        if (!_stopped)
        {
            _stopped = true;
            Errors.Add(new ConfigurationProblem(NixErrors.ConfigurationTooLarge, place, "", message, NixErrors.ConfigurationTooLarge.RecommendedAction));
        }
    }

    private void Error(SourceLocation place, string text, string message, string cure, ErrorDefinition? definition = null)
    {
        if (Errors.Count < BuildersLimits.Problems)
        {
            Errors.Add(new ConfigurationProblem(definition ?? NixErrors.NixConfInvalid, place, MachinesCollector.Shown(text), message, cure));
        }
    }
}
