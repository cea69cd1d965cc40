namespace NixRemote.Builders;

/// <summary>Builders, written in a format.</summary>
/// <param name="Text">The text; its lines end with LF, the last one too.</param>
/// <param name="Warnings">What the format cannot hold: builder, field, and what was done.</param>
public sealed record MachinesText(string Text, IReadOnlyList<ConfigurationWarning> Warnings);
