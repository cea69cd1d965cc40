using System.Globalization;
using NixRemote.Stores;

namespace NixRemote.Builders;

/// <summary>One builder as columns: what the legacy format, NixOS (which writes that format) and <c>remote-systems.conf</c> can hold.</summary>
internal sealed class ColumnRow
{
    private readonly NixBuilder _builder;
    private readonly List<ConfigurationWarning> _losses;

    /// <summary>Checks a builder; what columns cannot hold is a warning.</summary>
    public ColumnRow(NixBuilder builder, List<ConfigurationWarning> losses)
    {
        _builder = builder;
        _losses = losses;
        Uri = MakeUri();
        Systems = MakeWords(builder.Systems, "system-types", isRequired: true);
        SshKey = MakeKey();
        SupportedFeatures = MakeWords(builder.SupportedFeatures, "supported-features", isRequired: false);
        MandatoryFeatures = MakeWords(builder.MandatoryFeatures, "mandatory-features", isRequired: true);
        if (!builder.Enabled)
        {
            Exclude("enable", "The format has no switched-off builders; it is written as a comment.");
        }
    }

    /// <summary>Whether the builder may be written as an entry; otherwise as a comment.</summary>
    public bool IsEntry { get; private set; } = true;

    /// <summary>The store URI.</summary>
    public string Uri { get; }

    /// <summary>The systems.</summary>
    public IReadOnlyList<string> Systems { get; }

    /// <summary>The identity file or null.</summary>
    public string? SshKey { get; }

    /// <summary>The supported features.</summary>
    public IReadOnlyList<string> SupportedFeatures { get; }

    /// <summary>The mandatory features.</summary>
    public IReadOnlyList<string> MandatoryFeatures { get; }

    /// <summary>A list as one column: <c>,</c> if it is empty and that means something. Empty parts do not count, so that one stands where
    /// the column would be unset, or the row look like <c>key = value</c>.</summary>
    public static string Join(IReadOnlyList<string> words) => string.Join(',', words) switch
    {
        "" => ",",
        "-" => "-,",
        ['=', ..] and var joined => "," + joined,
        var joined => joined,
    };

    /// <summary>The columns of the legacy format, without the unset ones at the end.</summary>
    public string ToLegacy()
    {
        string[] columns =
        [
            Uri,
            _builder.SystemsAreDefault ? "-" : Join(Systems),
            SshKey ?? "-",
            _builder.MaxJobs == 1 ? "-" : _builder.MaxJobs.ToString(CultureInfo.InvariantCulture),
            _builder.SpeedFactor == 1 ? "-" : SpeedFactorText.Write(_builder.SpeedFactor),
            SupportedFeatures.Count == 0 ? "-" : Join(SupportedFeatures),
            MandatoryFeatures.Count == 0 ? "-" : Join(MandatoryFeatures),
            _builder.PublicHostKey is null ? "-" : HostKeyText.ToBase64(_builder.PublicHostKey),
        ];
        var count = columns.Length;
        while (count > 1 && columns[count - 1] == "-")
        {
            count--;
        }

        // A row of four or more columns that names its jobs reads better than one with dashes.
        if (count > 3 && columns[3] == "-")
        {
            columns[3] = "1";
        }

        if (count > 4 && columns[4] == "-")
        {
            columns[4] = "1";
        }

        return string.Join(' ', columns[..count]);
    }

    /// <summary>Notes that the builder cannot be an entry.</summary>
    public void Exclude(string field, string message)
    {
        IsEntry = false;
        Lose(field, message);
    }

    /// <summary>Notes that a field is not as it was.</summary>
    public void Lose(string field, string message) => _losses.Add(new ConfigurationWarning(_builder.Source, _builder.Name, field, message));

    private string MakeUri()
    {
        var text = _builder.Uri.Length == 0 ? "auto" : _builder.Uri;
        if (!Fits(text) || text[0] == '@')
        {
            // The same reference, percent-encoded.
            var canonical = _builder.ToStoreUri().Canonical;
            if (_builder.ToStoreUri().Scheme == StoreScheme.Other || _builder.ToStoreUri().IsRelativePath || !Fits(canonical))
            {
                Exclude("uri", "The URI has a character that a column cannot hold; the builder is written as a comment.");
            }

            text = canonical;
        }

        if (!ReferenceEquals(StoreUri.WithSshPrefix(text), text))
        {
            Lose("uri", "Columns prepend ssh:// to a URI without a scheme: the builder is reached by SSH now.");
        }

        return text;
    }

    private string? MakeKey()
    {
        if (_builder.SshKey is null)
        {
            return null;
        }

        if (Fits(_builder.SshKey) && _builder.SshKey != "-")
        {
            return _builder.SshKey;
        }

        Lose("ssh-key", $"The path '{MachinesCollector.Shown(_builder.SshKey)}' does not fit into a column; it is left out.");
        return null;
    }

    private IReadOnlyList<string> MakeWords(IReadOnlyList<string> words, string field, bool isRequired)
    {
        if (words.All(w => w.Length > 0 && Fits(w) && !w.Contains(',')))
        {
            return words;
        }

        foreach (var word in words.Where(w => w.Length == 0 || !Fits(w) || w.Contains(',')))
        {
            if (isRequired && word.Length > 0)
            {
                Exclude(field, $"'{MachinesCollector.Shown(word)}' does not fit into a column; the builder is written as a comment.");
            }
            else
            {
                Lose(field, $"'{MachinesCollector.Shown(word)}' does not fit into a column; it is left out.");
            }
        }

        return [.. words.Where(w => w.Length > 0 && Fits(w) && !w.Contains(','))];
    }

    private static bool Fits(string text) => !text.AsSpan().ContainsAny(" \t\r\n;#\0") && HostKeyText.IsText(text);
}
