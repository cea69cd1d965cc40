using System.Globalization;
using NixRemote.Builders;

namespace NixRemote.Adapters.Toml;

/// <summary>Reads TOML of the plain kind that machines files are written in, five times faster than Tomlyn: headers, names, texts without
/// escapes, whole numbers, decimal ones, truth values, lists of these, <c>{ … }</c> of these, comments.</summary>
/// <remarks>It knows no errors. A text with anything else in it, be it wrong or just rare, is given up as a whole, and Tomlyn reads it from
/// the begin: what is wrong with a text is for one parser to say, and what this one takes is the same tree, place by place.</remarks>
internal sealed class PlainTomlReader
{
    private readonly string _text;
    private readonly RepeatedTexts _texts = new();
    private readonly DocumentNode _root = new(DocumentNodeKind.Table, 1, 1);
    private readonly List<DocumentNode> _open = [];
    private readonly List<DocumentComment> _comments = [];
    private int _at;
    private int _line = 1;
    private int _lineBegin;
    private int _values;
    private bool _hasHeaders;
    private bool _hasDottedNames;

    private PlainTomlReader(string text) => _text = text;

    private char Next => _at < _text.Length ? _text[_at] : '\0';

    private int Column => _at - _lineBegin + 1;

    /// <summary>Reads a text; null if it is not of the plain kind, or has more than <see cref="BuildersLimits.Values"/> values.</summary>
    public static DocumentText? Read(string text)
    {
        var reader = new PlainTomlReader(text);
        return reader.ReadLines() ? new DocumentText(reader._root, reader._comments, []) : null;
    }

    private bool ReadLines()
    {
        _open.Add(_root);
        while (true)
        {
            SkipBlanks();
            if (_at == _text.Length)
            {
                CloseTables();
                return true;
            }

            var isTaken = Next switch
            {
                '#' or '\r' or '\n' => true,
                '[' => ReadHeader(),
                _ => ReadAssignment(),
            };
            if (!isTaken || !EndLine())
            {
                return false;
            }
        }
    }

    // "[" name ("." name)* "]": a new table; those on the way to it may be there already
    private bool ReadHeader()
    {
        CloseTables();
        _hasHeaders = true;
        _at++;
        while (ReadName(out var name))
        {
            if (Next == ']')
            {
                _at++;
                return !_hasDottedNames && OpenNew(name);
            }

            if (Next != '.' || !OpenAny(name))
            {
                return false;
            }

            _at++;
        }

        return false;
    }

    // name ("." name)* "=" value, dotted only above all headers: what a header may still open then is a question for Tomlyn
    private bool ReadAssignment()
    {
        var depth = _open.Count;
        while (ReadName(out var name))
        {
            if (Next == '=')
            {
                _at++;
                SkipBlanks();
                var isAdded = ReadValue(canBeTable: true) is { } value && AddMember(_open[^1], name, value);
                CloseTables(depth);
                return isAdded;
            }

            if (Next != '.' || _hasHeaders || !OpenAny(name))
            {
                return false;
            }

            _hasDottedNames = true;
            _at++;
        }

        return false;
    }

    /// <summary>Reads a name with the blanks around it: letters, digits, <c>-</c> and <c>_</c>, or in quotes.</summary>
    private bool ReadName(out DocumentMember name)
    {
        SkipBlanks();
        var (column, begin) = (Column, _at);
        string? text;
        if (Next is '"' or '\'')
        {
            text = ReadText();
        }
        else
        {
            while (char.IsAsciiLetterOrDigit(Next) || Next is '-' or '_')
            {
                _at++;
            }

            text = _at == begin ? null : _texts.Get(_text.AsSpan(begin, _at - begin));
        }

        SkipBlanks();
        name = new DocumentMember(text!, _line, column, null!);
        return text is not null;
    }

    private bool OpenNew(in DocumentMember name)
    {
        var table = new DocumentNode(DocumentNodeKind.Table, name.Line, name.Column);
        var isAdded = AddMember(_open[^1], name, table);
        _open.Add(table);
        return isAdded;
    }

    private bool OpenAny(in DocumentMember name)
    {
        if (_open.Count > BuildersLimits.Depth)
        {
            return false;
        }

        if (_open[^1][name.Name] is not { } table)
        {
            return OpenNew(name);
        }

        _open.Add(table);
        return table is { Kind: DocumentNodeKind.Table, IsInline: false };
    }

    private void CloseTables(int depth = 1)
    {
        for (; _open.Count > depth; _open.RemoveAt(_open.Count - 1))
        {
            _open[^2].EndLine = Math.Max(_open[^2].EndLine, _open[^1].EndLine);
        }
    }

    private bool AddMember(DocumentNode table, in DocumentMember name, DocumentNode value)
    {
        if (table[name.Name] is not null || !CountValue())
        {
            return false;
        }

        table.Add(name with { Value = value });
        table.EndLine = Math.Max(table.EndLine, value.EndLine);
        return true;
    }

    private bool CountValue() => ++_values <= BuildersLimits.Values;

    private DocumentNode? ReadValue(bool canBeTable) => Next switch
    {
        '"' or '\'' => (_line, Column) is var (line, column) && ReadText() is { } text ? new DocumentNode(DocumentNodeKind.String, line, column, text) : null,
        '[' => ReadArray(),
        '{' => canBeTable ? ReadTable() : null,
        _ => ReadWord(),
    };

    // "[" value ("," value)* [","] "]", with line breaks and comments anywhere, here only of texts, numbers and truth values
    private DocumentNode? ReadArray()
    {
        var array = new DocumentNode(DocumentNodeKind.Array, _line, Column) { IsInline = true };
        _at++;
        while (SkipBlanksAndLines())
        {
            if (Next == ']')
            {
                _at++;
                array.EndLine = _line;
                return array;
            }

            if (Next is '[' or '{' || ReadValue(canBeTable: false) is not { } item || !CountValue())
            {
                return null;
            }

            array.Add(item);
            if (!SkipBlanksAndLines() || Next is not (',' or ']'))
            {
                return null;
            }

            _at += Next == ',' ? 1 : 0;
        }

        return null;
    }

    // "{" [name "=" value ("," name "=" value)*] "}" on one line, here without tables in it
    private DocumentNode? ReadTable()
    {
        var table = new DocumentNode(DocumentNodeKind.Table, _line, Column) { IsInline = true };
        _at++;
        SkipBlanks();
        for (var isFirst = true; Next != '}' || !isFirst; isFirst = false)
        {
            if (!ReadName(out var name) || Next != '=')
            {
                return null;
            }

            _at++;
            SkipBlanks();
            if (ReadValue(canBeTable: false) is not { } value || !AddMember(table, name, value))
            {
                return null;
            }

            SkipBlanks();
            if (Next == '}')
            {
                break;
            }

            if (Next != ',')
            {
                return null;
            }

            _at++;
        }

        _at++;
        table.EndLine = _line;
        return table;
    }

    /// <summary>A text in one pair of quotes, without escapes, control characters and surrogates; else null.</summary>
    private string? ReadText()
    {
        var quote = _text[_at];
        var rest = _text.AsSpan(_at + 1);
        var length = rest.IndexOf(quote);
        if (length < 0 || (length == 0 && rest.Length > 1 && rest[1] == quote))
        {
            return null;
        }

        var text = rest[..length];
        if (!IsPlain(text) || (quote == '"' && text.Contains('\\')))
        {
            return null;
        }

        _at += length + 2;
        return _texts.Get(text);
    }

    // digits, digits "." digits, true, false
    private DocumentNode? ReadWord()
    {
        var (line, column) = (_line, Column);
        var rest = _text.AsSpan(_at);
        var length = rest.IndexOfAny(" \t\r\n,]}#");
        var word = length < 0 ? rest : rest[..length];
        if (word.Length is 0 or > 15)
        {
            return null;
        }

        _at += word.Length;
        if (word is "true" or "false")
        {
            return new DocumentNode(word is "true", line, column);
        }

        var point = word.IndexOf('.');
        var whole = point < 0 ? word : word[..point];
        if (whole.IsEmpty || whole.ContainsAnyExceptInRange('0', '9') || (whole.Length > 1 && whole[0] == '0'))
        {
            return null;
        }

        if (point < 0)
        {
            return new DocumentNode(long.Parse(word, NumberStyles.None, CultureInfo.InvariantCulture), line, column);
        }

        var fraction = word[(point + 1)..];
        return fraction.IsEmpty || fraction.ContainsAnyExceptInRange('0', '9')
            ? null
            : new DocumentNode(double.Parse(word, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture), line, column);
    }

    private void SkipBlanks()
    {
        while (Next is ' ' or '\t')
        {
            _at++;
        }
    }

    private bool SkipBlanksAndLines()
    {
        SkipBlanks();
        while (Next is '#' or '\r' or '\n')
        {
            if (!EndLine())
            {
                return false;
            }

            SkipBlanks();
        }

        return true;
    }

    /// <summary>Takes what may follow on a line, a comment, and the line break; false if there is something else.</summary>
    private bool EndLine()
    {
        SkipBlanks();
        if (Next == '#' && !ReadComment())
        {
            return false;
        }

        _at += Next == '\r' ? 1 : 0;
        if (_at == _text.Length)
        {
            return _text[^1] != '\r';
        }

        if (_text[_at] != '\n')
        {
            return false;
        }

        _at++;
        _line++;
        _lineBegin = _at;
        return true;
    }

    private bool ReadComment()
    {
        var rest = _text.AsSpan(_at);
        var length = rest.IndexOf('\n');
        var comment = (length < 0 ? rest : rest[..length]).TrimEnd();
        if (_comments.Count < BuildersLimits.CommentLines)
        {
            _comments.Add(new DocumentComment(_line, _text.AsSpan(_lineBegin, _at - _lineBegin).Trim(" \t").IsEmpty, comment.ToString()));
        }

        _at += comment.Length;
        SkipBlanks();
        return IsPlain(comment);
    }

    /// <summary>Whether a text needs no second look: no control characters but tabs, nothing from the surrogates on.</summary>
    private static bool IsPlain(ReadOnlySpan<char> text)
    {
        if (!text.ContainsAnyExceptInRange(' ', '~'))
        {
            return true;
        }

        foreach (var character in text)
        {
            if (character is not ('\t' or >= ' ' and <= '~' or >= '\u00a0' and < '\ud800'))
            {
                return false;
            }
        }

        return true;
    }
}
