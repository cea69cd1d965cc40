namespace NixRemote.Builders;

/// <summary>Comments on their way into a text: each is one line with a <c>#</c>, whatever it was made of.</summary>
internal static class CommentLines
{
    /// <summary>Lines that are comments or empty; line breaks inside split, control characters become blanks.</summary>
    public static IEnumerable<string> Clean(IEnumerable<string> lines)
    {
        foreach (var line in lines.SelectMany(l => l.Split('\n')))
        {
            var clean = One(line);
            yield return clean.Length == 0 || clean[0] == '#' ? clean : "# " + clean;
        }
    }

    /// <summary>The comment behind an entry, with a blank before it; empty if there is none.</summary>
    public static string Behind(EntryComments comments) =>
        comments.Behind is { } text && Clean([text.Replace('\n', ' ')]).First() is { Length: > 0 } clean ? " " + clean : "";

    /// <summary>The lines without blank ones at the begin, and with at most one blank line between others.</summary>
    public static List<string> Tidy(IEnumerable<string> lines)
    {
        var tidy = new List<string>();
        foreach (var line in Clean(lines))
        {
            if (line.Length > 0 || (tidy.Count > 0 && tidy[^1].Length > 0))
            {
                tidy.Add(line);
            }
        }

        return tidy;
    }

    /// <summary>Text for one line: control characters and lone surrogates become blanks.</summary>
    public static string One(string text)
    {
        var characters = text.ToCharArray();
        for (var index = 0; index < characters.Length; index++)
        {
            var character = characters[index];
            var isPair = char.IsHighSurrogate(character) && index + 1 < characters.Length && char.IsLowSurrogate(characters[index + 1]);
            if (isPair)
            {
                index++;
            }
            else if ((char.IsControl(character) && character != '\t') || char.IsSurrogate(character) || character is '\u2028' or '\u2029')
            {
                characters[index] = ' ';
            }
        }

        return new string(characters).TrimEnd();
    }
}
