namespace NixRemote.Builders;

/// <summary>Tells the format of a text by its first line that says something (machines.md §5.2).</summary>
/// <remarks>Lix parses the text as TOML and falls back to columns. The result is the same: valid TOML begins with a table's header or
/// with <c>key =</c>, and no row of columns does.</remarks>
public static class MachinesFormatDetector
{
    /// <summary>The format of a text; <see cref="MachinesFormat.Legacy"/> if it is none of the others.</summary>
    /// <param name="text">The text.</param>
    /// <param name="path">The file it is from, or null: <c>remote-systems.conf</c> cannot be told from columns otherwise.</param>
    public static MachinesFormat Detect(string text, string? path = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (LooksLikeJson(text))
        {
            // The option's own field names are those of no other format.
            return text.Contains("\"hostName\"", StringComparison.Ordinal) || text.Contains("\"buildMachines\"", StringComparison.Ordinal) ? MachinesFormat.NixOS : MachinesFormat.Json;
        }

        return LooksLikeToml(text) ? MachinesFormat.Toml
            : path is not null && Path.GetFileName(path) == "remote-systems.conf" ? MachinesFormat.RemoteSystems
            : MachinesFormat.Legacy;
    }

    /// <summary>Whether a text begins with a header or with <c>key =</c>.</summary>
    internal static bool LooksLikeToml(string text)
    {
        var rest = text.AsSpan();
        while (rest.Length > 0)
        {
            var end = rest.IndexOf('\n');
            var line = (end < 0 ? rest : rest[..end]).Trim();
            if (line.Length > 0 && line[0] != '#')
            {
                return line[0] == '[' ? IsHeader(line) : IsAssignment(line);
            }

            rest = end < 0 ? [] : rest[(end + 1)..];
        }

        return false;
    }

    // "[" key "]" or "[[" key "]]", then nothing or a comment. A row may begin with an IPv6 address in brackets: that has colons.
    private static bool IsHeader(ReadOnlySpan<char> line)
    {
        var key = line.TrimStart('[');
        var close = key.IndexOf(']');
        if (close < 0)
        {
            return key.TrimStart().StartsWith("machines");
        }

        var behind = key[close..].TrimStart(']').Trim();
        key = key[..close];
        return (behind.IsEmpty || behind[0] == '#') && (!key.Contains(':') || key.ContainsAny('"', '\''));
    }

    // key = value, key being bare, quoted or dotted; a blank outside of quotes is only beside a dot or the '='
    private static bool IsAssignment(ReadOnlySpan<char> line)
    {
        var quote = '\0';
        var last = '.';
        var sawBlank = false;
        for (var index = 0; index < line.Length; index++)
        {
            var character = line[index];
            if (quote != '\0')
            {
                quote = character == quote ? '\0' : quote;
            }
            else if (character == '=')
            {
                return index > 0;
            }
            else if (character is ' ' or '\t')
            {
                sawBlank = true;
                continue;
            }
            else if (!(char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.' or '"' or '\'') || (sawBlank && character != '.' && last != '.'))
            {
                return false;
            }
            else
            {
                quote = character is '"' or '\'' ? character : quote;
            }

            (last, sawBlank) = (character, false);
        }

        return false;
    }

    private static bool LooksLikeJson(string text)
    {
        var rest = text.AsSpan().TrimStart();
        if (rest.IsEmpty || rest[0] is not ('{' or '['))
        {
            return false;
        }

        var next = rest[1..].TrimStart();
        return !next.IsEmpty && (rest[0] == '{' ? next[0] is '"' or '}' : next[0] is '{' or ']');
    }
}
