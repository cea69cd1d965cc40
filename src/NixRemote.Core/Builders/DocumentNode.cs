using System.Globalization;

namespace NixRemote.Builders;

/// <summary>A value in a TOML or JSON text, with its place. Positions count from 1; columns are characters.</summary>
public sealed class DocumentNode
{
    // A configuration has hundreds of thousands of these: what a kind does not need must not cost memory.
    private readonly long _number;
    private readonly byte _kind;
    private object? _content;

    /// <summary>Makes a table or an array to add to, null, or a value of another kind that is shown as <paramref name="text"/>.</summary>
    public DocumentNode(DocumentNodeKind kind, int line, int column, string? text = null)
    {
        _kind = (byte)kind;
        Line = line;
        Column = column;
        EndLine = line;
        _content = text;
    }

    /// <summary>Makes a whole number.</summary>
    public DocumentNode(long number, int line, int column)
        : this(DocumentNodeKind.Integer, line, column) => _number = number;

    /// <summary>Makes another number.</summary>
    public DocumentNode(double number, int line, int column)
        : this(DocumentNodeKind.Float, line, column) => _number = BitConverter.DoubleToInt64Bits(number);

    /// <summary>Makes a truth value.</summary>
    public DocumentNode(bool value, int line, int column)
        : this(DocumentNodeKind.Boolean, line, column) => _number = value ? 1 : 0;

    /// <summary>What it is.</summary>
    public DocumentNodeKind Kind => (DocumentNodeKind)_kind;

    /// <summary>True if it stands in one place of its text, so that nothing can be added to it elsewhere: TOML's <c>{ … }</c> and <c>[ … ]</c>.</summary>
    public bool IsInline { get; init; }

    /// <summary>True if a part of it cannot be read, so that the rest of it says nothing.</summary>
    public bool IsBroken { get; set; }

    /// <summary>Its line.</summary>
    public int Line { get; }

    /// <summary>Its column.</summary>
    public int Column { get; }

    /// <summary>The last line that belongs to it.</summary>
    public int EndLine { get; set; }

    /// <summary>The text of a <see cref="DocumentNodeKind.String"/>, or that of a <see cref="DocumentNodeKind.Other"/>; else empty.</summary>
    public string Text => _content as string ?? "";

    /// <summary>The value of an <see cref="DocumentNodeKind.Integer"/>; 0 and 1 of a <see cref="DocumentNodeKind.Boolean"/>.</summary>
    public long Integer => Kind == DocumentNodeKind.Float ? 0 : _number;

    /// <summary>The value of a <see cref="DocumentNodeKind.Float"/>.</summary>
    public double Float => Kind == DocumentNodeKind.Float ? BitConverter.Int64BitsToDouble(_number) : 0;

    /// <summary>A table's names and values, in the order of the text.</summary>
    public IReadOnlyList<DocumentMember> Members => _content as DocumentMembers ?? (IReadOnlyList<DocumentMember>)[];

    /// <summary>An array's values.</summary>
    public IReadOnlyList<DocumentNode> Items => _content as List<DocumentNode> ?? (IReadOnlyList<DocumentNode>)[];

    /// <summary>A table's value by name, or null.</summary>
    public DocumentNode? this[string name] => (_content as DocumentMembers)?.Find(name);

    /// <summary>Adds a name and value to a table; the caller has made sure that the name is new.</summary>
    public void Add(DocumentMember member) => ((DocumentMembers)(_content ??= new DocumentMembers())).AddMember(member);

    /// <summary>Adds a value to an array.</summary>
    public void Add(DocumentNode item) => ((List<DocumentNode>)(_content ??= new List<DocumentNode>(2))).Add(item);

    /// <summary>The value as an error message shows it.</summary>
    internal string Shown() => Kind switch
    {
        DocumentNodeKind.Integer => Integer.ToString(CultureInfo.InvariantCulture),
        DocumentNodeKind.Float => Float.ToString("R", CultureInfo.InvariantCulture),
        DocumentNodeKind.Boolean => Integer == 0 ? "false" : "true",
        DocumentNodeKind.Null => "null",
        _ => MachinesCollector.Shown(Text),
    };

    /// <summary>The value as an error message shows it, with its type.</summary>
    internal string Describe() => Kind switch
    {
        DocumentNodeKind.Table => "map",
        DocumentNodeKind.Array => "sequence",
        DocumentNodeKind.String => $"string \"{Shown()}\"",
        DocumentNodeKind.Integer => $"integer `{Shown()}`",
        DocumentNodeKind.Float => $"floating point `{Shown()}`",
        DocumentNodeKind.Boolean => $"boolean `{Shown()}`",
        DocumentNodeKind.Null => "null",
        _ => $"value `{Shown()}`",
    };
}
