namespace NixRemote.Builders;

/// <summary>One <c>name = value</c> of a nix.conf text.</summary>
/// <param name="Name">The name as written, with <c>extra-</c> or as an alias.</param>
/// <param name="Value">The words of the value, joined by single blanks.</param>
/// <param name="RawValue">The value as it stands on the line.</param>
/// <param name="Source">Where the name stands.</param>
/// <param name="ValueSource">Where the value begins.</param>
internal sealed record NixConfAssignment(string Name, string Value, string RawValue, SourceLocation Source, SourceLocation ValueSource);
