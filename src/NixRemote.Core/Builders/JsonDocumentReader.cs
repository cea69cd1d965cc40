using System.Buffers;
using System.Text;
using System.Text.Json;

namespace NixRemote.Builders;

/// <summary>Reads JSON into a tree with places.</summary>
internal static class JsonDocumentReader
{
    /// <summary>Reads a text; an error ends it, and what came before is there.</summary>
    /// <param name="text">The text.</param>
    /// <param name="list">The field of the outermost object that holds the list of entries, if the text is not that list itself.</param>
    /// <param name="take">Given each entry of the list as soon as it is read, with nothing in it in error; the list of the result is empty, so
    /// that the trees of thousands of entries are never in memory together.</param>
    public static DocumentText Read(string text, string list, Action<DocumentNode> take)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetByteCount(text));
        try
        {
            return Read(buffer.AsSpan(0, Encoding.UTF8.GetBytes(text, buffer)), list, take);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static DocumentText Read(ReadOnlySpan<byte> bytes, string list, Action<DocumentNode> take)
    {
        var texts = new RepeatedTexts();
        var places = new PlaceCounter(bytes);
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = BuildersLimits.Depth, CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        var open = new Stack<DocumentNode>();
        DocumentNode? root = null;
        var (name, nameLine, nameColumn) = ("", 1, 1);
        var errors = new List<DocumentSyntaxError>();
        var values = 0;
        try
        {
            while (reader.Read())
            {
                var (line, column) = places.Find((int)reader.TokenStartIndex);
                DocumentNode? node = null;
                switch (reader.TokenType)
                {
                    case JsonTokenType.PropertyName:
                        (name, nameLine, nameColumn) = (Text(ref reader, texts), line, column);
                        if (open.Peek()[name] is { } twice)
                        {
                            if (errors.Count < BuildersLimits.SyntaxErrors)
                            {
                                errors.Add(new DocumentSyntaxError(line, column, $"The name '{MachinesCollector.Shown(name)}' is already defined in line {twice.Line}."));
                            }

                            name = "";
                        }

                        continue;
                    case JsonTokenType.EndObject or JsonTokenType.EndArray:
                        var closed = open.Pop();
                        closed.EndLine = line;
                        if (IsList(open, list))
                        {
                            take(closed);
                        }

                        continue;
                    case JsonTokenType.StartObject or JsonTokenType.StartArray:
                        node = new DocumentNode(reader.TokenType == JsonTokenType.StartObject ? DocumentNodeKind.Table : DocumentNodeKind.Array, line, column);
                        break;
                    default:
                        node = Scalar(ref reader, texts, line, column);
                        break;
                }

                if (++values > BuildersLimits.Values)
                {
                    errors.Add(new DocumentSyntaxError(line, column, $"There are more than {BuildersLimits.Values} values; from here on nothing is read."));
                    Break(open);
                    break;
                }

                if (open.Count == 0)
                {
                    root = node;
                }
                else if (IsList(open, list))
                {
                    if (node.Kind is not (DocumentNodeKind.Table or DocumentNodeKind.Array))
                    {
                        take(node);
                    }
                }
                else if (open.Peek().Kind == DocumentNodeKind.Array)
                {
                    open.Peek().Add(node);
                }
                else if (name.Length > 0)
                {
                    open.Peek().Add(new DocumentMember(name, nameLine, nameColumn, node));
                }

                if (node.Kind is DocumentNodeKind.Table or DocumentNodeKind.Array)
                {
                    open.Push(node);
                }
            }
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string with a lone surrogate in escapes.
            Break(open);
            var (line, column) = failure is JsonException { LineNumber: { } number, BytePositionInLine: { } position }
                ? ((int)number + 1, places.ColumnOf((int)number, (int)position))
                : places.Find((int)reader.TokenStartIndex);
            errors.Add(new DocumentSyntaxError(line, column, failure.Message.Split(" LineNumber:", 2)[0]));
        }

        return new DocumentText(root ?? new DocumentNode(DocumentNodeKind.Null, 1, 1), [], errors);
    }

    /// <summary>Whether the innermost open value is the list of entries.</summary>
    private static bool IsList(Stack<DocumentNode> open, string list) =>
        open.TryPeek(out var inner) && inner.Kind == DocumentNodeKind.Array && (open.Count == 1 || (open.Count == 2 && ReferenceEquals(open.Last()[list], inner)));

    /// <summary>Marks what is open as broken: a builder of which a part cannot be read is none.</summary>
    private static void Break(Stack<DocumentNode> open)
    {
        foreach (var node in open)
        {
            node.IsBroken = true;
        }
    }

    private static string Text(ref Utf8JsonReader reader, RepeatedTexts texts) => reader.ValueIsEscaped ? reader.GetString()! : texts.Get(reader.ValueSpan);

    private static DocumentNode Scalar(ref Utf8JsonReader reader, RepeatedTexts texts, int line, int column)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return new DocumentNode(DocumentNodeKind.String, line, column, Text(ref reader, texts));
            case JsonTokenType.Number when reader.TryGetInt64(out var integer):
                return new DocumentNode(integer, line, column);
            case JsonTokenType.Number:
                return new DocumentNode(reader.GetDouble(), line, column);
            case JsonTokenType.True or JsonTokenType.False:
                return new DocumentNode(reader.TokenType == JsonTokenType.True, line, column);
            default:
                return new DocumentNode(DocumentNodeKind.Null, line, column);
        }
    }

    /// <summary>Lines and columns of byte offsets that only grow: each byte is looked at once, however long the lines are.</summary>
    private ref struct PlaceCounter(ReadOnlySpan<byte> bytes)
    {
        private readonly ReadOnlySpan<byte> _bytes = bytes;
        private int _offset;
        private int _line = 1;
        private int _column = 1;

        public (int Line, int Column) Find(int offset)
        {
            offset = Math.Min(offset, _bytes.Length);
            while (_offset < offset && _bytes[_offset..offset].IndexOf((byte)'\n') is >= 0 and var newline)
            {
                _offset += newline + 1;
                _line++;
                _column = 1;
            }

            if (_offset < offset)
            {
                _column += Encoding.UTF8.GetCharCount(_bytes[_offset..offset]);
                _offset = offset;
            }

            return (_line, _column);
        }

        /// <summary>The column of a byte position in a line, both from 0.</summary>
        public readonly int ColumnOf(int line, int position)
        {
            var begin = 0;
            for (; line > 0 && _bytes[begin..].IndexOf((byte)'\n') is >= 0 and var newline; line--)
            {
                begin += newline + 1;
            }

            return Encoding.UTF8.GetCharCount(_bytes.Slice(begin, Math.Min(position, _bytes.Length - begin))) + 1;
        }
    }
}
