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

    // key = value, key being bare, quoted or dotted
    private static bool IsAssignment(ReadOnlySpan<char> line)
    {
        var equals = line.IndexOf('=');
        if (equals <= 0)
        {
            return false;
        }

        var key = line[..equals].TrimEnd();
        return key[0] is '"' or '\'' ? key[^1] == key[0] || key.Contains('.') : !key.ContainsAnyExcept("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.\"'");
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
