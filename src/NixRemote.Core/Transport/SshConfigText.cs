using System.Text;

namespace NixRemote.Transport;

/// <summary>Splits lines of ssh_config as OpenSSH does: a keyword, then arguments with quotes, escapes and comments.</summary>
internal static class SshConfigText
{
    private const string WhiteSpace = " \t\r\n\f";

    /// <summary>Takes the next word off a text; blanks, or one <c>=</c>, end it; double quotes keep blanks. Null at the
    /// end or when a quote is open.</summary>
    public static string? NextWord(ref string rest)
    {
        var end = rest.AsSpan().IndexOfAny(WhiteSpace + "\"=");
        if (end < 0)
        {
            var last = rest;
            rest = "";
            return last.Length == 0 ? null : last;
        }

        var word = rest[..end];
        if (rest[end] == '"')
        {
            var close = rest.IndexOf('"', end + 1);
            if (close < 0)
            {
                rest = "";
                return null;
            }

            word += rest[(end + 1)..close];
            rest = rest[(close + 1)..].TrimStart(WhiteSpace.ToCharArray());
            return word;
        }

        var equals = rest[end] == '=';
        rest = rest[(end + 1)..].TrimStart(WhiteSpace.ToCharArray());
        if (!equals && rest.StartsWith('='))
        {
            rest = rest[1..].TrimStart(WhiteSpace.ToCharArray());
        }

        return word;
    }

    /// <summary>Splits arguments; false when a quote is left open.</summary>
    /// <param name="text">The text after the keyword, or a command line's options.</param>
    /// <param name="comments">Whether a word that begins with <c>#</c> ends the line.</param>
    /// <param name="words">The words without their quotes and escapes.</param>
    public static bool TrySplit(string text, bool comments, out List<string> words)
    {
        words = [];
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is ' ' or '\t')
            {
                continue;
            }

            if (comments && text[i] == '#')
            {
                break;
            }

            var word = new StringBuilder();
            var quote = '\0';
            for (; i < text.Length; i++)
            {
                var c = text[i];
                var next = i + 1 < text.Length ? text[i + 1] : '\0';
                if (c == '\\' && (next is '\'' or '"' or '\\' || (quote == '\0' && next == ' ')))
                {
                    word.Append(next);
                    i++;
                }
                else if (quote == '\0' && c is ' ' or '\t')
                {
                    break;
                }
                else if (quote == '\0' && c is '"' or '\'')
                {
                    quote = c;
                }
                else if (quote != '\0' && c == quote)
                {
                    quote = '\0';
                }
                else
                {
                    word.Append(c);
                }
            }

            if (quote != '\0')
            {
                return false;
            }

            words.Add(word.ToString());
        }

        return true;
    }
}
