namespace NixRemote.Builders;

/// <summary>Reads builders from texts and files (machines.md). Nothing that a text holds is thrown as an exception: what cannot be
/// read is an error in the result, and the rest is there.</summary>
public static class MachinesReader
{
    /// <summary>Reads a text in the legacy format.</summary>
    /// <param name="text">The text.</param>
    /// <param name="name">What to call it in locations, such as <c>-Builders</c>, if <see cref="MachinesParseOptions.Start"/> does not say.</param>
    /// <param name="options">The local system and so on.</param>
    public static MachinesParseResult ReadText(string text, string name, MachinesParseOptions options)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(options);
        return Read(ConfigurationFile.FromText(text), null, options.Start ?? new SourceLocation(name, 1, 1), options, new MachinesCollector());
    }

    /// <summary>Reads a file; one that is missing or unreadable is an error.</summary>
    public static MachinesParseResult ReadFile(string path, MachinesParseOptions options)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(options);
        var file = ConfigurationFile.Read(path);
        var collector = new MachinesCollector();
        collector.Asked(new ConfigurationSource(path, file.State, "machines file"));
        return Read(file, path, new SourceLocation(path, 1, 1), options, collector);
    }

    private static MachinesParseResult Read(ConfigurationFile file, string? path, SourceLocation start, MachinesParseOptions options, MachinesCollector collector)
    {
        if (file.State != ConfigurationSourceState.Read)
        {
            collector.Error(start, "", $"The text cannot be read. {file.Failure}", NixErrors.ConfigurationFileUnreadable.RecommendedAction, NixErrors.ConfigurationFileUnreadable);
        }
        else if (collector.Enter(start, file))
        {
            new LegacyMachinesParser(collector, options, path).Parse(file, start.File, start);
        }

        return collector.ToResult(MachinesFormat.Legacy);
    }
}
