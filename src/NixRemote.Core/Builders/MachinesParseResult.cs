namespace NixRemote.Builders;

/// <summary>What a builders text says: the entries that can be read, and what is wrong with the rest.</summary>
public sealed record MachinesParseResult
{
    /// <summary>The format the text was read as.</summary>
    public required MachinesFormat Format { get; init; }

    /// <summary>The builders in the order of their declaration, those that are switched off included.</summary>
    public required IReadOnlyList<NixBuilder> Builders { get; init; }

    /// <summary>What cannot be read, in the order of the text.</summary>
    public IReadOnlyList<ConfigurationProblem> Errors { get; init; } = [];

    /// <summary>What is probably not what was meant.</summary>
    public IReadOnlyList<ConfigurationWarning> Warnings { get; init; } = [];

    /// <summary>The files the text came from, in the order in which they were looked for, with what was found.</summary>
    public IReadOnlyList<ConfigurationSource> Sources { get; init; } = [];

    /// <summary>Comments behind the last entry, as in <see cref="EntryComments.Above"/>.</summary>
    public IReadOnlyList<string> TrailingComments { get; init; } = [];
}
