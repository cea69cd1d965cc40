namespace NixRemote.Builders;

/// <summary>Reads builders from texts and files (machines.md). Nothing that a text holds is thrown as an exception: what cannot be
/// read is an error in the result, and the rest is there.</summary>
public static class MachinesReader
{
    /// <summary>Reads a text: the value of the setting <c>builders</c>, or a text in any format. As in Lix, <c>@path</c> alone may name a
    /// TOML file; otherwise it is an include of the columns.</summary>
    /// <param name="text">The text.</param>
    /// <param name="name">What to call it in locations, such as <c>-Builders</c>, if <see cref="MachinesParseOptions.Start"/> does not say.</param>
    /// <param name="options">The local system and so on.</param>
    public static MachinesParseResult ReadText(string text, string name, MachinesParseOptions options)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(options);
        var start = options.Start ?? new SourceLocation(name, 1, 1);
        var collector = new MachinesCollector();
        if (options.Format is null or MachinesFormat.Toml && IsReference(text, options) is { } path)
        {
            var file = ConfigurationFile.Read(path);
            if (file.State == ConfigurationSourceState.Missing && path.EndsWith("toml", StringComparison.Ordinal))
            {
                // A missing file of columns has no machines; Lix does not forgive a missing TOML file.
                collector.Asked(new ConfigurationSource(path, file.State, "machines file"));
                collector.Error(start, path, $"while reading external machines file '{MachinesCollector.Shown(path)}': No such file or directory.",
                    NixErrors.ConfigurationFileUnreadable.RecommendedAction, NixErrors.ConfigurationFileUnreadable);
                return collector.ToResult(MachinesFormat.Toml);
            }

            if (file.State == ConfigurationSourceState.Read && MachinesFormatDetector.LooksLikeToml(file.Text))
            {
                collector.Asked(new ConfigurationSource(path, file.State, "machines file"));
                return Read(file, path, new SourceLocation(path, 1, 1), options with { Format = MachinesFormat.Toml }, collector);
            }
        }

        return Read(ConfigurationFile.FromText(text), null, start, options, collector);
    }

    /// <summary>Reads a file in any format; one that is missing or unreadable is an error.</summary>
    public static MachinesParseResult ReadFile(string path, MachinesParseOptions options)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(options);
        var file = ConfigurationFile.Read(path);
        var collector = new MachinesCollector();
        collector.Asked(new ConfigurationSource(path, file.State, "machines file"));
        return Read(file, path, new SourceLocation(path, 1, 1), options, collector);
    }

    private static string? IsReference(string text, MachinesParseOptions options)
    {
        var trimmed = text.AsSpan().Trim();
        var path = trimmed.Length > 1 && trimmed[0] == '@' ? trimmed[1..].Trim() : [];
        return path.IsEmpty || path.ContainsAny('\n', '\0') ? null : Path.GetFullPath(path.ToString(), options.BaseDirectory);
    }

    private static MachinesParseResult Read(ConfigurationFile file, string? path, SourceLocation start, MachinesParseOptions options, MachinesCollector collector)
    {
        var format = options.Format ?? MachinesFormatDetector.Detect(file.Text, path);
        if (file.State != ConfigurationSourceState.Read)
        {
            collector.Error(start, "", $"The text cannot be read. {file.Failure}", NixErrors.ConfigurationFileUnreadable.RecommendedAction, NixErrors.ConfigurationFileUnreadable);
        }
        else if (collector.Enter(start, file))
        {
            if (file.HasByteOrderMark && format != MachinesFormat.Toml)
            {
                collector.Warn(start, null, null, LegacyMachinesParser.ByteOrderMark);
            }

            switch (format)
            {
                case MachinesFormat.Toml:
                    ReadToml(file, start, options, collector);
                    break;
                case MachinesFormat.Json:
                    RefuseInvalidUtf8(file, start, collector);
                    new JsonMachinesParser(collector, options, start.File).Parse(file.Text);
                    break;
                case MachinesFormat.NixOS:
                    RefuseInvalidUtf8(file, start, collector);
                    new NixOSMachinesParser(collector, options, start.File).Parse(file.Text);
                    break;
                case MachinesFormat.RemoteSystems:
                    new RemoteSystemsParser(collector).Parse(file, start.File);
                    break;
                default:
                    new LegacyMachinesParser(collector, options, path).Parse(file, start.File, start);
                    collector.ExplainAsToml(file.Text, start, options);
                    break;
            }
        }

        return collector.ToResult(format);
    }

    private static void ReadToml(ConfigurationFile file, SourceLocation start, MachinesParseOptions options, MachinesCollector collector)
    {
        if (options.TomlReader is null)
        {
            collector.Error(start, "", "The text is TOML, and there is no reader for it here.", "Give a text in columns.");
            return;
        }

        var document = options.TomlReader().Read(file.Text);
        if (RefuseInvalidUtf8(file, start, collector) is var (line, column))
        {
            // Where a parser stumbles over the same character, it has nothing to add.
            document = document with { Errors = [.. document.Errors.Where(e => e.Line != line || e.Column != column)] };
        }

        new TomlMachinesParser(collector, options, start).Parse(document, file.Text);
    }

    /// <summary>Makes an error of bytes that are not UTF-8, and tells where the first are; null if there are none.</summary>
    private static (int Line, int Column)? RefuseInvalidUtf8(ConfigurationFile file, SourceLocation start, MachinesCollector collector)
    {
        if (!file.HasInvalidUtf8)
        {
            return null;
        }

        var at = file.Text.IndexOf('\ufffd');
        var (line, column) = (file.Text.AsSpan(0, at).Count('\n') + 1, at - file.Text.LastIndexOf('\n', at));
        collector.Error(new SourceLocation(start.File, line, column), "\ufffd", "The text has bytes that are not UTF-8, and this format is UTF-8 by definition.", "Save the file as UTF-8.");
        return (line, column);
    }
}
