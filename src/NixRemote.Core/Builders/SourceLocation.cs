namespace NixRemote.Builders;

/// <summary>A place in a configuration text.</summary>
/// <param name="File">The file, or a name for the text, such as <c>NIX_CONFIG</c> or <c>-Builders</c>.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Column">The column in characters, from 1.</param>
public sealed record SourceLocation(string File, int Line, int Column)
{
    /// <summary><c>file:line:column</c>.</summary>
    public override string ToString() => $"{File}:{Line}:{Column}";
}
