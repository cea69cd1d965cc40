namespace NixRemote.Builders;

/// <summary>A comment in a TOML text.</summary>
/// <param name="Line">Its line, from 1.</param>
/// <param name="IsWholeLine">Whether nothing else stands on the line.</param>
/// <param name="Text">The comment with its <c>#</c>, without blanks at the end.</param>
public readonly record struct DocumentComment(int Line, bool IsWholeLine, string Text);
