namespace NixRemote.Builders;

/// <summary>A name and its value in a table.</summary>
/// <param name="Name">The name.</param>
/// <param name="Line">The line of the name, from 1.</param>
/// <param name="Column">The column of the name, from 1.</param>
/// <param name="Value">The value.</param>
public readonly record struct DocumentMember(string Name, int Line, int Column, DocumentNode Value);
