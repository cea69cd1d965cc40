namespace NixRemote.Builders;

/// <summary>The names and values of a table: searched one by one while they are few, as a builder's fields are, and by an index as soon as
/// they are many, as the builders of a file are.</summary>
internal sealed class DocumentMembers : List<DocumentMember>
{
    private const int FewMembers = 16;

    private Dictionary<string, int>? _index;

    /// <summary>Makes room for the fields of a common builder.</summary>
    public DocumentMembers()
        : base(6)
    {
    }

    /// <summary>The value of a name, or null.</summary>
    public DocumentNode? Find(string name)
    {
        if (_index is not null)
        {
            return _index.TryGetValue(name, out var at) ? this[at].Value : null;
        }

        foreach (var member in this)
        {
            if (member.Name == name)
            {
                return member.Value;
            }
        }

        return null;
    }

    /// <summary>Adds a member at the end.</summary>
    public void AddMember(DocumentMember member)
    {
        Add(member);
        if (_index is not null)
        {
            _index[member.Name] = Count - 1;
        }
        else if (Count > FewMembers)
        {
            _index = new Dictionary<string, int>(StringComparer.Ordinal);
            for (var at = 0; at < Count; at++)
            {
                _index[this[at].Name] = at;
            }
        }
    }
}
