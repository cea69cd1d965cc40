using System.Globalization;
using NixRemote.Stores;

namespace NixRemote.Builders;

/// <summary>Gathers what a parser finds, within <see cref="BuildersLimits"/>; each parse has its own.</summary>
internal sealed class MachinesCollector
{
    /// <summary>What Nix begins each message about columns with: once for an entry is enough.</summary>
    private const string SameBegin = "bad machine specification: ";

    private readonly List<NixBuilder> _builders = [];
    private readonly List<int> _unnamed = [];
    private readonly UniqueNames _names = new([]);
    private readonly List<ConfigurationProblem> _errors = [];
    private readonly List<ConfigurationWarning> _warnings = [];
    private readonly List<ConfigurationSource> _sources = [];
    private readonly List<string> _pendingComments = [];
    private int _files;
    private long _bytes;
    private int _commentLines;
    private bool _stopped;

    /// <summary>Comment lines since the last entry, waiting for the next one.</summary>
    public IReadOnlyList<string> PendingComments => _pendingComments;

    /// <summary>True once a limit was passed: there is no sense in reading on.</summary>
    public bool Stopped => _stopped;

    /// <summary>Lists of words of the entries before.</summary>
    public RepeatedLists Lists { get; } = new();

    /// <summary>A name for the next entry of a format without names.</summary>
    public string NameOf(StoreUri uri) => _names.Take(BuilderNames.FromUri(uri));

    /// <summary>Adds an entry with its name.</summary>
    public void Add(NixBuilder builder)
    {
        if (_builders.Count == BuildersLimits.Builders)
        {
            Stop(builder.Source!, $"There are more than {BuildersLimits.Builders} builders; the rest is not read.");
            return;
        }

        _builders.Add(builder);
    }

    /// <summary>Adds an entry that gets its name when all declared ones are known.</summary>
    public void AddUnnamed(NixBuilder builder)
    {
        _unnamed.Add(_builders.Count);
        Add(builder);
    }

    /// <summary>Keeps a comment line, or a blank one, for the next entry.</summary>
    public void AddComment(SourceLocation source, string line)
    {
        if (_commentLines++ < BuildersLimits.CommentLines)
        {
            _pendingComments.Add(line);
        }
        else if (_commentLines == BuildersLimits.CommentLines + 1)
        {
            Warn(source, null, null, $"There are more than {BuildersLimits.CommentLines} lines of comments; from here on they are not kept.");
        }
    }

    /// <summary>The next entry has its comments.</summary>
    public void ClearComments() => _pendingComments.Clear();

    /// <summary>Adds what cannot be read.</summary>
    public void Error(SourceLocation source, string text, string message, string cure, ErrorDefinition? definition = null)
    {
        if (_stopped)
        {
            return;
        }

        if (_errors.Count == BuildersLimits.Problems)
        {
            Stop(source, $"There are more than {BuildersLimits.Problems} errors; the rest is not read.");
            return;
        }

        _errors.Add(new ConfigurationProblem(definition ?? NixErrors.MachinesEntryInvalid, source, Shown(text), message, cure));
    }

    /// <summary>How many errors there are.</summary>
    public int ErrorCount => _errors.Count;

    /// <summary>Makes one error of those behind the first so many: an entry that cannot be read is one, with all the reasons.</summary>
    public void JoinErrors(int first)
    {
        if (_stopped || _errors.Count - first < 2)
        {
            return;
        }

        var parts = _errors[first..];
        _errors.RemoveRange(first, parts.Count);
        _errors.Add(parts[0] with
        {
            Message = parts[0].Message + string.Concat(parts.Skip(1).Select(p => string.Create(CultureInfo.InvariantCulture, $" Column {p.Source.Column}: {p.Message.Replace(SameBegin, "", StringComparison.Ordinal)}"))),
            Cure = string.Join(' ', parts.Select(p => p.Cure).Distinct()),
        });
    }

    /// <summary>Puts the errors of one text in its order.</summary>
    public void SortErrors()
    {
        var sorted = _errors.OrderBy(e => e.Source.Line).ThenBy(e => e.Source.Column).ToList();
        _errors.Clear();
        _errors.AddRange(sorted);
    }

    /// <summary>Adds what is probably not meant.</summary>
    public void Warn(SourceLocation? source, string? builder, string? field, string message)
    {
        if (_warnings.Count < BuildersLimits.Problems)
        {
            _warnings.Add(new ConfigurationWarning(source, builder, field, message));
        }
        else if (_warnings.Count == BuildersLimits.Problems)
        {
            _warnings.Add(new ConfigurationWarning(source, null, null, $"There are more than {BuildersLimits.Problems} warnings; the rest is not listed."));
        }
    }

    /// <summary>Notes that a place was asked.</summary>
    public void Asked(ConfigurationSource source)
    {
        if (_sources.Count < BuildersLimits.IncludedFiles)
        {
            _sources.Add(source);
        }
    }

    /// <summary>Counts an include, whether its file exists or not; false, with an error, if that is one too many.</summary>
    public bool Include(SourceLocation source)
    {
        if (++_files > BuildersLimits.IncludedFiles)
        {
            Stop(source, $"More than {BuildersLimits.IncludedFiles} files are included; the rest is not read.");
        }

        return !_stopped;
    }

    /// <summary>Counts the bytes of a text that is about to be parsed; false, with an error, if that is too many.</summary>
    public bool Enter(SourceLocation source, ConfigurationFile file)
    {
        _bytes += file.Bytes;
        if (_bytes > BuildersLimits.IncludedBytes)
        {
            Stop(source, $"The included files have more than {BuildersLimits.IncludedBytes} bytes together; the rest is not read.");
        }

        return !_stopped;
    }

    /// <summary>Where a text could not be read as columns at all, says what it is as TOML, as Lix does: it may have been meant so.</summary>
    public void ExplainAsToml(string text, SourceLocation start, MachinesParseOptions options)
    {
        if (_errors.Count == 0 || _builders.Count > 0 || _sources.Count > 0 || text.Length > BuildersLimits.GuessedCharacters || options.TomlReader is null)
        {
            return;
        }

        if (options.TomlReader().Read(text).Errors is [var error, ..])
        {
            Warn(start with { Line = start.Line + error.Line - 1, Column = error.Column }, null, null, $"The text is no TOML either: {error.Message}");
        }
    }

    /// <summary>What was found, with names given and entries compared.</summary>
    public MachinesParseResult ToResult(MachinesFormat format)
    {
        NameTheUnnamed();
        BuilderChecks.Inspect(_builders, this);
        return new MachinesParseResult
        {
            Format = format,
            Builders = _builders,
            Errors = _errors,
            Warnings = InOrder(_warnings),
            Sources = _sources,
            TrailingComments = [.. PendingComments],
        };
    }

    /// <summary>What was found while reading and what was found then, as it stands in the text, file by file; the note that there is more stays last.</summary>
    private static List<ConfigurationWarning> InOrder(List<ConfigurationWarning> warnings)
    {
        var files = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var warning in warnings)
        {
            files.TryAdd(warning.Source?.File ?? "", files.Count);
        }

        return
        [
            .. warnings.Take(BuildersLimits.Problems).OrderBy(w => files[w.Source?.File ?? ""]).ThenBy(w => w.Source?.Line).ThenBy(w => w.Source?.Column),
            .. warnings.Skip(BuildersLimits.Problems),
        ];
    }

    private void NameTheUnnamed()
    {
        if (_unnamed.Count == 0)
        {
            return;
        }

        var unnamed = _unnamed.ToHashSet();
        var named = BuilderNames.Assign([.. _builders.Select((builder, index) => (builder, !unnamed.Contains(index)))]);
        _builders.Clear();
        _builders.AddRange(named);
    }

    /// <summary>The text, cut to what a message shows, control characters replaced.</summary>
    public static string Shown(string text)
    {
        var cut = text.Length > BuildersLimits.ShownCharacters ? text[..BuildersLimits.ShownCharacters] + "…" : text;
        return cut.AsSpan().ContainsAnyInRange('\0', '\x1f') || cut.Contains('\x7f')
            ? string.Concat(cut.Select(c => c < ' ' ? (char)(0x2400 + c) : c == '\x7f' ? '\u2421' : c))
            : cut;
    }

    private void Stop(SourceLocation source, string message)
    {
        if (!_stopped)
        {
            _stopped = true;
            _errors.Add(new ConfigurationProblem(NixErrors.ConfigurationTooLarge, source, "", message, NixErrors.ConfigurationTooLarge.RecommendedAction));
        }
    }
}
