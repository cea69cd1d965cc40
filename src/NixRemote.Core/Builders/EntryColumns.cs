using System.Globalization;
using NixRemote.Stores;

namespace NixRemote.Builders;

/// <summary>The columns of one entry in the legacy format (machines.md §2.3).</summary>
internal readonly ref struct EntryColumns
{
    /// <summary>Columns that mean something; what follows is ignored.</summary>
    public const int Count = 8;

    private readonly ReadOnlySpan<char> _entry;
    private readonly SourceLocation _source;
    private readonly MachinesCollector _collector;
    private readonly RepeatedWords _words;
    private readonly Ranges _columns;
    private readonly int _extra;

    /// <summary>Splits an entry at blanks, tabs, CR and LF.</summary>
    public EntryColumns(ReadOnlySpan<char> entry, SourceLocation source, MachinesCollector collector, RepeatedWords words)
    {
        _entry = entry;
        _source = source;
        _collector = collector;
        _words = words;
        var count = 0;
        for (var position = 0; position < entry.Length;)
        {
            var begin = entry[position..].IndexOfAnyExcept(" \t\r\n");
            if (begin < 0)
            {
                break;
            }

            begin += position;
            var length = entry[begin..].IndexOfAny(" \t\r\n");
            position = length < 0 ? entry.Length : begin + length;
            if (count < Count)
            {
                _columns[count] = (begin, position - begin);
            }

            count++;
        }

        _extra = Math.Max(0, count - Count);
    }

    /// <summary>Whether a column is there and not <c>-</c>.</summary>
    public bool IsSet(int column) => _columns[column].Length > 0 && !(Text(column) is "-");

    /// <summary>Makes the builder; null if a column is bad: all bad ones are one error.</summary>
    public NixBuilder? Read(EntryComments comments)
    {
        if (IsSet(1) && Text(1) is "=")
        {
            // No system is called so: Lix takes it for the sign of TOML, too.
            _collector.Error(_source, _entry.ToString(), "The line is TOML (key = value), but the text begins with columns.", "Write one format only, with the [machines.NAME] header first.");
            return null;
        }

        var errors = _collector.ErrorCount;
        var uri = ReadUri();
        var jobs = ReadJobs();
        var speed = ReadSpeed(uri);
        var hostKey = ReadHostKey();
        if (uri is null || jobs is null || speed is null || hostKey is null)
        {
            _collector.JoinErrors(errors);
            return null;
        }

        if (_extra > 0)
        {
            _collector.Warn(_source, BuilderNames.FromUri(uri), null, $"There is something behind the eighth column; Nix ignores it.");
        }

        return new NixBuilder(uri)
        {
            Name = _collector.NameOf(uri),
            Systems = IsSet(1) ? _words.Split(1, Text(1)) : _words.LocalSystem,
            SystemsAreDefault = !IsSet(1),
            SshKey = IsSet(2) ? _words.Text(2, Text(2)) : null,
            MaxJobs = jobs.Value,
            SpeedFactor = speed.Value,
            SupportedFeatures = IsSet(5) ? _words.Split(5, Text(5)) : [],
            MandatoryFeatures = IsSet(6) ? _words.Split(6, Text(6)) : [],
            PublicHostKey = hostKey.Length == 0 ? null : hostKey,
            Comments = comments,
            Source = _source,
        };
    }

    private ReadOnlySpan<char> Text(int column) => _entry.Slice(_columns[column].Begin, _columns[column].Length);

    private SourceLocation Place(int column) => _source with { Column = _source.Column + _columns[column].Begin };

    private StoreUri? ReadUri()
    {
        var written = Text(0).ToString();
        var text = StoreUri.WithSshPrefix(written);
        try
        {
            var uri = StoreUri.Parse(text);
            if (uri.IsRelativePath)
            {
                WarnOfSlash(text, $"it is taken for the folder '{uri.Path}'");
            }

            return uri;
        }
        catch (NixRemoteException) when (!written.Contains("://", StringComparison.Ordinal) && written.IndexOf('?') is > 0 and var question &&
            written.IndexOf('/') > question)
        {
            // host?ssh-key=/path: the slash in the query kept the prefix away, and what remains is no store at all.
            WarnOfSlash(text, "no store can be opened by it, and newer Nix refuses the whole file");
            return StoreUri.Unopenable(text);
        }
        catch (NixRemoteException invalid)
        {
            _collector.Error(Place(0), written, invalid.Message, invalid.RecommendedAction);
            return null;
        }
    }

    private void WarnOfSlash(string text, string consequence) =>
        _collector.Warn(Place(0), text.Split('?', 2)[0], "uri",
            $"'{MachinesCollector.Shown(text)}' has a '/', so that Nix does not prepend ssh://: {consequence}. Write ssh://{MachinesCollector.Shown(text)} if a machine is meant.");

    private int? ReadJobs()
    {
        if (!IsSet(3))
        {
            return 1;
        }

        var text = Text(3);
        var digits = text[0] == '+' ? text[1..] : text;
        if (uint.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var jobs))
        {
            if (jobs > int.MaxValue)
            {
                _collector.Warn(Place(3), null, "jobs", $"{jobs} jobs are more than this module counts; it takes {int.MaxValue}.");
            }

            return (int)Math.Min(jobs, int.MaxValue);
        }

        _collector.Error(Place(3), text.ToString(),
            $"bad machine specification: failed to convert column #3 (max jobs) in a row: '{MachinesCollector.Shown(text.ToString())}' to 'unsigned int'.",
            "Write a whole number from 0 to 4294967295, or - for 1.");
        return null;
    }

    private double? ReadSpeed(StoreUri? uri)
    {
        if (!IsSet(4))
        {
            return 1;
        }

        var text = Text(4);
        switch (SpeedFactorText.Parse(text, out var speed))
        {
            case SpeedFactorText.Result.Valid when speed == 0:
                _collector.Warn(Place(4), uri is null ? null : BuilderNames.FromUri(uri), "speed-factor", "The speed factor is 0, which counts as 1.");
                return 1;
            case SpeedFactorText.Result.Valid:
                return speed;
            case SpeedFactorText.Result.Negative:
                _collector.Error(Place(4), text.ToString(), "speed factor must be >= 0.", "Write a number over 0, such as 1 or 2.5.");
                return null;
            case SpeedFactorText.Result.NotFinite:
                _collector.Error(Place(4), text.ToString(), $"The speed factor (column #4) '{text}' is not a finite number: Nix could not compare the machine with any other.", "Write a number over 0, such as 1 or 2.5.");
                return null;
            default:
                _collector.Error(Place(4), text.ToString(),
                    $"bad machine specification: failed to convert column #4 (speed factor) in a row: '{MachinesCollector.Shown(text.ToString())}' to 'float'.",
                    "Write a number over 0, such as 1 or 2.5, or - for 1.");
                return null;
        }
    }

    private string? ReadHostKey()
    {
        if (!IsSet(7))
        {
            return "";
        }

        var key = HostKeyText.FromBase64(Text(7));
        if (key is null)
        {
            _collector.Error(Place(7), Text(7).ToString(), "bad machine specification: column #7 (public host key) is not valid base64.",
                "Write the output of: base64 -w0 /etc/ssh/ssh_host_ed25519_key.pub (on the builder).");
        }

        return key;
    }

    [System.Runtime.CompilerServices.InlineArray(Count)]
    private struct Ranges
    {
        private (int Begin, int Length) _first;
    }
}
