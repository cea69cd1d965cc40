using System.Globalization;
using NixRemote.Stores;

namespace NixRemote.Builders;

/// <summary>Reads the columns of <c>/etc/nix/machines</c> and of the setting <c>builders</c> (machines.md §2), by the rules of Nix 2.29
/// and later (there called generation B): lines first, then comments, then <c>;</c>, then <c>@</c>.</summary>
internal sealed class LegacyMachinesParser
{
    /// <summary>What to say of a byte order mark.</summary>
    public const string ByteOrderMark =
        "The text begins with a byte order mark, which Nix takes for a part of the first URI. It is skipped here; save the file without it.";

    private const string BadUri = "bad machine specification: store URL was not found at the first column of a row";

    private readonly MachinesCollector _collector;
    private readonly MachinesParseOptions _options;
    private readonly List<string> _open = [];
    private readonly RepeatedWords _words;

    /// <param name="collector">Where to put what is found.</param>
    /// <param name="options">The local system and so on.</param>
    /// <param name="path">The file that is read, if the text is one: it must not include itself.</param>
    public LegacyMachinesParser(MachinesCollector collector, MachinesParseOptions options, string? path)
    {
        _collector = collector;
        _options = options;
        if (path is not null)
        {
            _open.Add(Path.GetFullPath(path));
        }

        _words = new RepeatedWords(options.LocalSystem);
    }

    /// <summary>Reads a text.</summary>
    /// <param name="file">The text, as read.</param>
    /// <param name="name">What locations call it.</param>
    /// <param name="start">Where it begins in the file of that name.</param>
    public void Parse(ConfigurationFile file, string name, SourceLocation start)
    {
        var text = file.Text;
        var line = start.Line;
        var column = start.Column;
        for (var begin = 0; begin < text.Length && !_collector.Stopped; line++, column = 1)
        {
            var end = text.IndexOf('\n', begin);
            end = end < 0 ? text.Length : end;
            ParseLine(file, name, text.AsSpan(begin, end - begin), line, column);
            begin = end + 1;
        }
    }

    private void ParseLine(ConfigurationFile file, string name, ReadOnlySpan<char> text, int line, int column)
    {
        var hash = text.IndexOf('#');
        var comment = hash < 0 ? null : text[hash..].TrimEnd().ToString();
        var entries = hash < 0 ? text : text[..hash];
        if (IsBlank(entries))
        {
            _collector.AddComment(new SourceLocation(name, line, column), comment ?? "");
            return;
        }

        // The comment belongs to the last entry of the line, or waits for the next line if there is none.
        entries = entries.TrimEnd("; \t\r");
        if (comment is not null && entries.IsEmpty)
        {
            _collector.AddComment(new SourceLocation(name, line, column), comment);
        }

        for (var begin = 0; begin <= entries.Length && !_collector.Stopped;)
        {
            var length = entries[begin..].IndexOf(';');
            length = length < 0 ? entries.Length - begin : length;
            var entry = entries.Slice(begin, length).Trim(" \t\r");
            if (!entry.IsEmpty)
            {
                var source = new SourceLocation(name, line, column + begin + entries[begin..].IndexOfAnyExcept(" \t\r"));
                ParseEntryOrInclude(file, entry, source, begin + length == entries.Length ? comment : null);
            }

            begin += length + 1;
        }
    }

    private void ParseEntryOrInclude(ConfigurationFile file, ReadOnlySpan<char> entry, SourceLocation source, string? comment)
    {
        if (entry.Length > BuildersLimits.EntryCharacters)
        {
            _collector.Error(source, MachinesCollector.Shown(entry[..(BuildersLimits.ShownCharacters + 1)].ToString()),
                $"The entry is longer than {BuildersLimits.EntryCharacters} characters.", "Look whether line breaks are missing.");
            return;
        }

        if (entry[0] != '@')
        {
            var comments = comment is null && _collector.PendingComments.Count == 0 ? EntryComments.None : new EntryComments(_collector.PendingComments.ToArray(), comment);
            if (ParseEntry(file, entry, source, comments) is { } builder)
            {
                _collector.ClearComments();
                _collector.Add(builder);
                return;
            }
        }

        // Behind an entry in error, or an include, it goes to whatever comes next.
        if (comment is not null)
        {
            _collector.AddComment(source, comment);
        }

        if (entry[0] == '@')
        {
            Include(entry[1..].Trim(" \t\r").ToString(), source);
        }
    }

    // "@" path: read as bytes; a file that does not exist has no machines; relative paths are relative to / (machines.md §2.2).
    private void Include(string path, SourceLocation source)
    {
        if (path.Length == 0)
        {
            _collector.Error(source, "@", "There is no path behind '@'.", "Write @/path/to/machines.");
            return;
        }

        if (path.Contains('\0'))
        {
            _collector.Error(source, path, "The included path has a NUL character.", "Remove the character.");
            return;
        }

        var full = Path.GetFullPath(path, _options.BaseDirectory);
        if (!Path.IsPathRooted(path))
        {
            _collector.Warn(source, null, null, $"The included path '{MachinesCollector.Shown(path)}' is relative: Nix looks for '{MachinesCollector.Shown(full)}', wherever the including file lies.");
        }

        if (_open.Contains(full, OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal))
        {
            _collector.Error(source, path, $"The file includes itself: {string.Join(" → ", _open.SkipWhile(f => f != full).Append(full))}.", "Remove one of the includes.");
            return;
        }

        if (_open.Count > BuildersLimits.IncludeDepth)
        {
            _collector.Error(source, path, $"Files are included more than {BuildersLimits.IncludeDepth} levels deep.", "Include fewer levels; look for files that include each other.");
            return;
        }

        if (!_collector.Include(source))
        {
            return;
        }

        var file = ConfigurationFile.Read(full);
        _collector.Asked(new ConfigurationSource(full, file.State, $"machines file, included by {source.File}"));
        switch (file.State)
        {
            case ConfigurationSourceState.Missing:
                if (_options.WarnOfMissingIncludes)
                {
                    _collector.Warn(source, null, null, $"The included file '{MachinesCollector.Shown(full)}' does not exist; Nix ignores that.");
                }

                break;
            case ConfigurationSourceState.Unreadable:
                _collector.Error(source, path, $"The included file '{MachinesCollector.Shown(full)}' cannot be read. {file.Failure}", NixErrors.ConfigurationFileUnreadable.RecommendedAction,
                    NixErrors.ConfigurationFileUnreadable);
                break;
            case ConfigurationSourceState.Read when MachinesFormatDetector.LooksLikeToml(file.Text):
                _collector.Error(source, path, $"The included file '{MachinesCollector.Shown(full)}' is TOML: it cannot be a part of columns.", "Name it alone: builders = @/path/to/machines.toml.");
                break;
            default:
                if (_collector.Enter(source, file))
                {
                    if (file.HasByteOrderMark)
                    {
                        _collector.Warn(new SourceLocation(full, 1, 1), null, null, ByteOrderMark);
                    }

                    _open.Add(full);
                    Parse(file, full, new SourceLocation(full, 1, 1));
                    _open.RemoveAt(_open.Count - 1);
                }

                break;
        }
    }

    // Columns, separated by blanks; each unset if absent or "-" (machines.md §2.3):
    //   0 store URI, 1 systems, 2 ssh identity file, 3 max jobs, 4 speed factor, 5 supported features, 6 mandatory features,
    //   7 public host key in base64, 8… ignored
    private NixBuilder? ParseEntry(ConfigurationFile file, ReadOnlySpan<char> entry, SourceLocation source, EntryComments comments)
    {
        var columns = new EntryColumns(entry, source, _collector, _words);
        if (entry.Contains('\0') || (file.HasInvalidUtf8 && entry.Contains('\ufffd')))
        {
            _collector.Error(source, entry.ToString(), entry.Contains('\0') ? "The entry has a NUL character." : "The entry has bytes that are not UTF-8 text.",
                "Remove the character, or save the file as UTF-8.");
            return null;
        }

        if (!columns.IsSet(0))
        {
            _collector.Error(source, entry.ToString(), $"{BadUri}.", "Begin the row with a store URI such as ssh://HOST.");
            return null;
        }

        return columns.Read(comments);
    }

    private static bool IsBlank(ReadOnlySpan<char> text) => text.Trim(" \t\r").IsEmpty;
}
