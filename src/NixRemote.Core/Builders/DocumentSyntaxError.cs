namespace NixRemote.Builders;

/// <summary>A place where a text is not of its syntax.</summary>
/// <param name="Line">The line, from 1.</param>
/// <param name="Column">The column in characters, from 1.</param>
/// <param name="Message">What is wrong there: one sentence.</param>
public sealed record DocumentSyntaxError(int Line, int Column, string Message);
