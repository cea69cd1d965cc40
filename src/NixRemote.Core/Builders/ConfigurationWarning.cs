namespace NixRemote.Builders;

/// <summary>Something in a configuration that can be read, but is probably not what was meant, or is lost in a conversion.</summary>
/// <param name="Source">Where it is, or null.</param>
/// <param name="Builder">The name of the builder it concerns, or null.</param>
/// <param name="Field">The field it concerns, by its name in TOML (<c>jobs</c>, <c>uri</c> …), or null.</param>
/// <param name="Message">One sentence or two.</param>
public sealed record ConfigurationWarning(SourceLocation? Source, string? Builder, string? Field, string Message)
{
    /// <summary><c>file:line:column: builder 'name', field: message</c>, as far as known.</summary>
    public override string ToString()
    {
        var subject = Builder is null ? Field : Field is null ? $"builder '{Builder}'" : $"builder '{Builder}', {Field}";
        return $"{(Source is null ? "" : $"{Source}: ")}{(subject is null ? "" : $"{subject}: ")}{Message}";
    }
}
