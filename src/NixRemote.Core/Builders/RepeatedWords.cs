namespace NixRemote.Builders;

/// <summary>The texts of columns, made once while row after row says the same: most rows of a large file do.</summary>
internal sealed class RepeatedWords(string localSystem)
{
    private readonly string[] _texts = new string[EntryColumns.Count];
    private readonly string[]?[] _words = new string[EntryColumns.Count][];

    /// <summary>The list of the local system alone.</summary>
    public IReadOnlyList<string> LocalSystem { get; } = new[] { localSystem };

    /// <summary>A column's text.</summary>
    public string Text(int column, ReadOnlySpan<char> text)
    {
        if (!text.SequenceEqual(_texts[column]))
        {
            _texts[column] = text.ToString();
            _words[column] = null;
        }

        return _texts[column];
    }

    /// <summary>A column's parts between commas; empty ones do not count.</summary>
    public IReadOnlyList<string> Split(int column, ReadOnlySpan<char> text)
    {
        var whole = Text(column, text);
        return _words[column] ??= whole.Split(',', StringSplitOptions.RemoveEmptyEntries);
    }
}
