using System.Globalization;

namespace NixRemote.Builders;

/// <summary>A value in a TOML or JSON text, with its place. Positions count from 1; columns are characters.</summary>
public sealed class DocumentNode
{
    private List<DocumentMember>? _members;
    private Dictionary<string, int>? _index;
    private List<DocumentNode>? _items;

    /// <summary>Makes a value.</summary>
    public DocumentNode(DocumentNodeKind kind, int line, int column)
    {
        Kind = kind;
        Line = line;
        Column = column;
        EndLine = line;
    }

    /// <summary>What it is.</summary>
    public DocumentNodeKind Kind { get; }

    /// <summary>Its line.</summary>
    public int Line { get; }

    /// <summary>Its column.</summary>
    public int Column { get; }

    /// <summary>The last line that belongs to it.</summary>
    public int EndLine { get; set; }

    /// <summary>The text of a <see cref="DocumentNodeKind.String"/>; of other values the text that stands there.</summary>
    public string Text { get; init; } = "";

    /// <summary>The value of an <see cref="DocumentNodeKind.Integer"/>; 0 and 1 of a <see cref="DocumentNodeKind.Boolean"/>.</summary>
    public long Integer { get; init; }

    /// <summary>The value of a <see cref="DocumentNodeKind.Float"/>.</summary>
    public double Float { get; init; }

    /// <summary>True if it stands in one place of its text, so that nothing can be added to it elsewhere: TOML's <c>{ … }</c> and <c>[ … ]</c>.</summary>
    public bool IsInline { get; init; }

    /// <summary>True if a part of it cannot be read, so that the rest of it says nothing.</summary>
    public bool IsBroken { get; set; }

    /// <summary>A table's names and values, in the order of the text.</summary>
    public IReadOnlyList<DocumentMember> Members => _members ?? (IReadOnlyList<DocumentMember>)[];

    /// <summary>An array's values.</summary>
    public IReadOnlyList<DocumentNode> Items => _items ?? (IReadOnlyList<DocumentNode>)[];

    /// <summary>A table's value by name, or null.</summary>
    public DocumentNode? this[string name]
    {
        get
        {
            if (_index is not null)
            {
                return _index.TryGetValue(name, out var at) ? _members![at].Value : null;
            }

            for (var at = 0; at < Members.Count; at++)
            {
                if (_members![at].Name == name)
                {
                    return _members[at].Value;
                }
            }

            return null;
        }
    }

    /// <summary>Adds a name and value to a table; the caller has made sure that the name is new.</summary>
    public void Add(DocumentMember member)
    {
        // The fields of a complete builder.
        _members ??= new List<DocumentMember>(10);
        _members.Add(member);

        // Builders have few fields, configurations many builders: a dictionary pays for the latter only.
        if (_index is not null)
        {
            _index[member.Name] = _members.Count - 1;
        }
        else if (_members.Count > 16)
        {
            _index = new Dictionary<string, int>(StringComparer.Ordinal);
            for (var at = 0; at < _members.Count; at++)
            {
                _index[_members[at].Name] = at;
            }
        }
    }

    /// <summary>Adds a value to an array.</summary>
    public void Add(DocumentNode item)
    {
        _items ??= new List<DocumentNode>(2);
        _items.Add(item);
    }

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
