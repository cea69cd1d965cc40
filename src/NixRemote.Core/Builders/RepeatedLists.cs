namespace NixRemote.Builders;

/// <summary>Lists of words: one object for as long as entry after entry says the same in a field, as most entries of a large file do.</summary>
internal sealed class RepeatedLists
{
    private readonly Dictionary<string, string[]> _last = new(StringComparer.Ordinal);

    /// <summary>The list that the field had last, if these values are the same texts; else null.</summary>
    public string[]? Find(string field, IReadOnlyList<DocumentNode> values)
    {
        if (!_last.TryGetValue(field, out var last) || last.Length != values.Count)
        {
            return null;
        }

        for (var index = 0; index < last.Length; index++)
        {
            var value = values[index];
            if (value.Kind != DocumentNodeKind.String || value.Text != last[index])
            {
                return null;
            }
        }

        return last;
    }

    /// <summary>Remembers what the field has.</summary>
    public string[] Remember(string field, string[] list) => _last[field] = list;
}
