namespace NixRemote.Builders;

/// <summary>What configuration texts may cost: an admin's files are small, a wrong file must not eat the machine.</summary>
public static class BuildersLimits
{
    /// <summary>Bytes of one file or text: 16 MiB. 100,000 builders with pinned keys are half of that.</summary>
    public const int TextBytes = 16 * 1024 * 1024;

    /// <summary>Files nested by <c>@</c> or <c>include</c>.</summary>
    public const int IncludeDepth = 16;

    /// <summary>Files looked for by one configuration's includes, counted each time, whether they exist or not.</summary>
    public const int IncludedFiles = 1_000;

    /// <summary>Bytes of all files of one configuration: 64 MiB.</summary>
    public const int IncludedBytes = 64 * 1024 * 1024;

    /// <summary>Builders of one configuration.</summary>
    public const int Builders = 100_000;

    /// <summary>Errors, and likewise warnings, that are listed one by one; one more says that there are others.</summary>
    public const int Problems = 1_000;

    /// <summary>Characters of one entry in columns.</summary>
    public const int EntryCharacters = 1024 * 1024;

    /// <summary>Values of one TOML or JSON text: texts, numbers, tables and arrays. 100,000 builders with all fields have 1.5 million.</summary>
    public const int Values = 2_000_000;

    /// <summary>Comment lines, blank ones included, that are kept of one configuration; reading goes on without the rest.</summary>
    public const int CommentLines = 100_000;

    /// <summary>Assignments in the files and texts of one nix.conf chain.</summary>
    public const int Assignments = 100_000;

    /// <summary>Errors of syntax in one TOML text before it is given up.</summary>
    public const int SyntaxErrors = 100;

    /// <summary>Characters of a TOML text that are read again behind its errors of syntax, all together, before it is given up.</summary>
    public const int RereadCharacters = 64 * 1024 * 1024;

    /// <summary>Characters of a text up to which it is also tried as TOML if it is wrong as columns.</summary>
    public const int GuessedCharacters = 64 * 1024;

    /// <summary>Characters of an offending text that a message shows.</summary>
    public const int ShownCharacters = 200;

    /// <summary>Levels of nesting in TOML and JSON.</summary>
    public const int Depth = 32;
}
