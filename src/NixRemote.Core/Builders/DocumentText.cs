namespace NixRemote.Builders;

/// <summary>A TOML or JSON text, read.</summary>
/// <param name="Root">The outermost value. Tables in which an error lies are marked as broken.</param>
/// <param name="Comments">The comments in order.</param>
/// <param name="Errors">Where the text is not of its syntax, in order.</param>
public sealed record DocumentText(DocumentNode Root, IReadOnlyList<DocumentComment> Comments, IReadOnlyList<DocumentSyntaxError> Errors);
