using System.Globalization;
using System.Text;

namespace NixRemote.Builders;

/// <summary>Writes TOML's keys and strings.</summary>
internal static class TomlText
{
    /// <summary>A key: bare if it may be, else a basic string.</summary>
    public static string Key(string name) =>
        name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? name : String(name);

    /// <summary>A basic string.</summary>
    public static string String(string text)
    {
        var result = new StringBuilder(text.Length + 2).Append('"');
        foreach (var character in text)
        {
            switch (character)
            {
                case '"':
                    result.Append("\\\"");
                    break;
                case '\\':
                    result.Append(@"\\");
                    break;
                case '\n':
                    result.Append("\\n");
                    break;
                case '\t':
                    result.Append("\\t");
                    break;
                case < ' ' or (>= '\x7f' and <= '\x9f') or '\u2028' or '\u2029' or '\ufeff':
                    result.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:X4}");
                    break;
                default:
                    result.Append(character);
                    break;
            }
        }

        return result.Append('"').ToString();
    }
}
