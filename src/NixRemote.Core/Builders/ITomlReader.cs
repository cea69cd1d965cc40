namespace NixRemote.Builders;

/// <summary>Reads TOML 1.0 texts.</summary>
public interface ITomlReader
{
    /// <summary>Reads a text. Errors do not end it: reading goes on at the next table, and at most
    /// <see cref="BuildersLimits.SyntaxErrors"/> are listed. Values are nested at most <see cref="BuildersLimits.Depth"/> deep.</summary>
    DocumentText Read(string text);
}
