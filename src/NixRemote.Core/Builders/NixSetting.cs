namespace NixRemote.Builders;

/// <summary>A setting's value and where it comes from.</summary>
/// <param name="Definition">The setting.</param>
/// <param name="Value">The value in nix.conf's text form: words joined by single blanks.</param>
/// <param name="Sources">Where it was set, the assignment that counts first, then what <c>extra-</c> added; empty for the default.</param>
public sealed record NixSetting(NixSettingDefinition Definition, string Value, IReadOnlyList<SourceLocation> Sources)
{
    /// <summary>Its name.</summary>
    public string Name => Definition.Name;

    /// <summary>Whether nothing set it.</summary>
    public bool IsDefault => Sources.Count == 0;

    /// <summary>The words of the value.</summary>
    public IReadOnlyList<string> Words => Value.Split((char[])[' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries);

    /// <summary><c>name = value (where from)</c>.</summary>
    public override string ToString() => $"{Name} = {Value} ({(IsDefault ? "default" : string.Join(", ", Sources))})";
}
