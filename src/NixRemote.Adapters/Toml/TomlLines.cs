using System.Globalization;
using System.Text;
using NixRemote.Builders;

namespace NixRemote.Adapters.Toml;

/// <summary>Finds in the lines of a TOML text what the parser's events do not tell: comments, and tables whose header comes twice.</summary>
internal sealed class TomlLines
{
    private readonly string _text;
    private readonly List<(int Begin, int End)> _strings;
    private readonly List<(int Begin, int End)> _arrays;
    private readonly List<DocumentSyntaxError> _errors;
    private readonly Dictionary<string, int> _headers = new(StringComparer.Ordinal);
    private readonly StringBuilder _path = new();
    private int _string;
    private int _array;

    /// <param name="text">The text.</param>
    /// <param name="strings">Begin and end of strings with a <c>#</c> or several lines.</param>
    /// <param name="arrays">Begin and end of arrays of several lines.</param>
    /// <param name="errors">Where to put headers that come twice.</param>
    public TomlLines(string text, List<(int Begin, int End)> strings, List<(int Begin, int End)> arrays, List<DocumentSyntaxError> errors)
    {
        _text = text;
        _strings = strings;
        _arrays = arrays;
        _errors = errors;
        _strings.Sort();
        _arrays.Sort();
    }

    /// <summary>The comments in order, at most <see cref="BuildersLimits.CommentLines"/>.</summary>
    public List<DocumentComment> FindComments()
    {
        var comments = new List<DocumentComment>();
        var line = 1;
        for (var begin = 0; begin < _text.Length; line++)
        {
            var end = _text.IndexOf('\n', begin);
            end = end < 0 ? _text.Length : end;
            var first = begin;
            while (first < end && _text[first] is ' ' or '\t')
            {
                first++;
            }

            var search = first;
            if (first < end && _text[first] == '[' && !IsInside(_strings, ref _string, first, out _) && !IsInside(_arrays, ref _array, first, out _))
            {
                search = ReadHeader(first, end, line);
            }

            var hash = FindHash(search, end);
            if (hash >= 0 && comments.Count < BuildersLimits.CommentLines)
            {
                comments.Add(new DocumentComment(line, hash == first, _text[hash..end].TrimEnd()));
            }

            begin = end + 1;
        }

        return comments;
    }

    private int FindHash(int begin, int end)
    {
        while (begin < end)
        {
            var hash = _text.IndexOf('#', begin, end - begin);
            if (hash < 0 || !IsInside(_strings, ref _string, hash, out var stringEnd))
            {
                return hash;
            }

            begin = stringEnd;
        }

        return -1;
    }

    /// <summary>Whether an offset lies in one of the spans; offsets only grow from call to call, and so does the index.</summary>
    private static bool IsInside(List<(int Begin, int End)> spans, ref int index, int offset, out int end)
    {
        while (index < spans.Count && spans[index].End <= offset)
        {
            index++;
        }

        end = index < spans.Count ? spans[index].End : 0;
        return index < spans.Count && spans[index].Begin <= offset;
    }

    /// <summary>Reads <c>[a."b c"]</c>, tells if it came before, and returns where it ends.</summary>
    private int ReadHeader(int begin, int end, int line)
    {
        var path = _path.Clear();
        var quote = '\0';
        var at = begin;
        for (; at < end; at++)
        {
            var character = _text[at];
            if (quote != '\0')
            {
                path.Append(character);
                if (character == '\\' && quote == '"' && at + 1 < end)
                {
                    path.Append(_text[++at]);
                }
                else if (character == quote)
                {
                    path.Length--;
                    quote = '\0';
                }
            }
            else if (character is '"' or '\'')
            {
                quote = character;
            }
            else if (character == '#')
            {
                break;
            }
            else if (character == '.')
            {
                path.Append('\0');
            }
            else if (!char.IsWhiteSpace(character))
            {
                path.Append(character);
            }
        }

        var header = path.ToString();
        if (!header.StartsWith("[[", StringComparison.Ordinal) && header.EndsWith(']') && !_headers.TryAdd(header, line) && _errors.Count < 2 * BuildersLimits.SyntaxErrors)
        {
            _errors.Add(new DocumentSyntaxError(line, begin - _text.LastIndexOf('\n', begin),
                string.Create(CultureInfo.InvariantCulture, $"duplicate table: `{header.Replace('\0', '.')}` is already defined in line {_headers[header]}")));
        }

        return at;
    }
}
