using System.Globalization;
using NixRemote.Builders;
using Tomlyn.Parsing;

namespace NixRemote.Adapters.Toml;

/// <summary>Makes a tree of the parser's events. A table may come in parts; a value may not come twice.</summary>
internal sealed class TomlTreeBuilder
{
    private static readonly string[] _fields =
        ["uri", "system-types", "jobs", "speed-factor", "supported-features", "mandatory-features", "ssh-key", "ssh-public-host-key", "enable", "enabled", "machines", "version"];

    private readonly List<DocumentNode> _open = [];
    private readonly List<int> _begins = [];
    private string _segment = "";
    private string _name = "";
    private int _nameLine;
    private int _nameColumn;
    private int _firstLine;
    private int _firstOffset;

    /// <summary>The document.</summary>
    public DocumentNode Root { get; } = new(DocumentNodeKind.Table, 1, 1);

    /// <summary>Values that are defined twice.</summary>
    public List<DocumentSyntaxError> Errors { get; } = [];

    /// <summary>Where in the whole text a <c>#</c> or a bracket means itself, begin and end: strings and quoted names that hold a
    /// <c>#</c>, and strings of several lines.</summary>
    public List<(int Begin, int End)> TextSpans { get; } = [];

    /// <summary>Arrays of several lines, begin and end: a bracket at a line's begin is no header there.</summary>
    public List<(int Begin, int End)> ArraySpans { get; } = [];

    /// <summary>Values so far, those of all segments.</summary>
    public int Values { get; private set; }

    /// <summary>Begins a segment of the text.</summary>
    public void Begin(string segment, int line, int offset)
    {
        _open.Clear();
        _begins.Clear();
        _segment = segment;
        _firstLine = line;
        _firstOffset = offset;
    }

    /// <summary>Marks what is open as broken: a builder of which a part cannot be read is none.</summary>
    public void Break()
    {
        foreach (var node in _open.Skip(2))
        {
            node.IsBroken = true;
        }
    }

    /// <summary>Takes the next event.</summary>
    public void Take(TomlParser parser, in TomlParseEvent item)
    {
        switch (item.Kind)
        {
            case TomlParseEventKind.PropertyName:
                _name = Name(parser, item);
                _nameLine = item.Line + _firstLine;
                _nameColumn = item.Column;
                NoteSpan(item, _name);
                break;
            case TomlParseEventKind.StartTable when _open.Count == 0:
                Push(Root, item);
                break;
            case TomlParseEventKind.StartTable:
                Open(DocumentNodeKind.Table, item);
                break;
            case TomlParseEventKind.StartArray:
                Open(DocumentNodeKind.Array, item);
                break;
            case TomlParseEventKind.EndTable or TomlParseEventKind.EndArray:
                Close(item);
                break;
            case TomlParseEventKind.String:
                var text = item.StringValue ?? parser.GetString();
                NoteSpan(item, text);
                AddScalar(new DocumentNode(DocumentNodeKind.String, item.Line + _firstLine, item.Column, text), item);
                break;
            case TomlParseEventKind.Integer:
                AddScalar(new DocumentNode(item.GetInt64(), item.Line + _firstLine, item.Column), item);
                break;
            case TomlParseEventKind.Float:
                AddScalar(new DocumentNode(item.GetDouble(), item.Line + _firstLine, item.Column), item);
                break;
            case TomlParseEventKind.Boolean:
                AddScalar(new DocumentNode(item.GetBoolean(), item.Line + _firstLine, item.Column), item);
                break;
            case TomlParseEventKind.DateTime:
                AddScalar(new DocumentNode(DocumentNodeKind.Other, item.Line + _firstLine, item.Column, item.StringValue), item);
                break;
        }
    }

    private void Open(DocumentNodeKind kind, in TomlParseEvent item)
    {
        // A table from a header or a dotted name has no place of its own, and may be continued elsewhere; { … } and [ … ] may not.
        var parent = _open[^1];
        var isImplicit = item.Line == 0;
        if (parent.Kind == DocumentNodeKind.Table && parent[_name] is { } existing)
        {
            if (isImplicit && existing.Kind == kind && !existing.IsInline)
            {
                Push(existing, item);
                return;
            }

            DefinedTwice(existing);
            Push(new DocumentNode(kind, _nameLine, _nameColumn), item);
            return;
        }

        var node = isImplicit
            ? new DocumentNode(kind, _nameLine, _nameColumn)
            : new DocumentNode(kind, item.Line + _firstLine, item.Column) { IsInline = true };
        Add(parent, node);
        Push(node, item);
    }

    private void Push(DocumentNode node, in TomlParseEvent item)
    {
        _open.Add(node);
        _begins.Add(item.Span is { } span ? span.Start.Offset : 0);
    }

    private void Close(in TomlParseEvent item)
    {
        var (node, begin) = (_open[^1], _begins[^1]);
        _open.RemoveAt(_open.Count - 1);
        _begins.RemoveAt(_begins.Count - 1);
        if (node.IsInline && item.Span is { } span)
        {
            node.EndLine = span.End.Line + 1 + _firstLine;
            if (node.EndLine > node.Line)
            {
                ArraySpans.Add((begin + _firstOffset, span.End.Offset + 1 + _firstOffset));
            }
        }

        if (_open.Count > 0)
        {
            _open[^1].EndLine = Math.Max(_open[^1].EndLine, node.EndLine);
        }
    }

    /// <summary>The name of a field: the same few come again and again, and are not worth a string each time.</summary>
    private string Name(TomlParser parser, in TomlParseEvent item)
    {
        if (item.PropertyName is { } decoded)
        {
            return decoded;
        }

        if (item.Span is { } span)
        {
            var written = _segment.AsSpan(span.Start.Offset, span.End.Offset + 1 - span.Start.Offset);
            foreach (var field in _fields)
            {
                if (written.SequenceEqual(field))
                {
                    return field;
                }
            }
        }

        return parser.GetPropertyName();
    }

    private void AddScalar(DocumentNode node, in TomlParseEvent item)
    {
        if (item.Span is { } span)
        {
            node.EndLine = span.End.Line + 1 + _firstLine;
        }

        var parent = _open[^1];
        if (parent.Kind == DocumentNodeKind.Table && parent[_name] is { } existing)
        {
            DefinedTwice(existing);
            return;
        }

        Add(parent, node);
    }

    private void Add(DocumentNode parent, DocumentNode node)
    {
        Values++;
        if (parent.Kind == DocumentNodeKind.Array)
        {
            parent.Add(node);
        }
        else
        {
            parent.Add(new DocumentMember(_name, _nameLine, _nameColumn, node));
        }

        parent.EndLine = Math.Max(parent.EndLine, node.EndLine);
    }

    private void DefinedTwice(DocumentNode existing)
    {
        if (Errors.Count < BuildersLimits.SyntaxErrors)
        {
            Errors.Add(new DocumentSyntaxError(_nameLine, _nameColumn,
                string.Create(CultureInfo.InvariantCulture, $"duplicate key: `{_name}` is already defined in line {existing.Line}")));
        }

        foreach (var node in _open.Skip(2))
        {
            node.IsBroken = true;
        }
    }

    private void NoteSpan(in TomlParseEvent item, string text)
    {
        if (item.Span is { } span && (text.Contains('#') || span.End.Line > span.Start.Line))
        {
            TextSpans.Add((span.Start.Offset + _firstOffset, span.End.Offset + 1 + _firstOffset));
        }
    }
}
