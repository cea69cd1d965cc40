namespace NixRemote.Builders;

/// <summary>A setting while its chain is read: each assignment replaces what was there, each <c>extra-</c> adds to it.</summary>
internal sealed class NixSettingBuilder(NixSettingDefinition definition)
{
    private readonly List<SourceLocation> _sources = [];
    private readonly List<string> _words = [];
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private string _value = definition.Default;
    private bool _hasAdditions;

    /// <summary>The assignment that counts replaces what was there.</summary>
    public void Set(string value, SourceLocation source)
    {
        _value = value;
        _hasAdditions = false;
        _words.Clear();
        _seen.Clear();
        _sources.Clear();
        _sources.Add(source);
    }

    /// <summary>Words behind those that are there; in a set, each counts once.</summary>
    public void Add(string value, SourceLocation source)
    {
        if (!_hasAdditions)
        {
            _hasAdditions = true;
            AddWords(_value);
        }

        AddWords(value);
        _sources.Add(source);
    }

    /// <summary>The setting as it is now.</summary>
    public NixSetting ToSetting() => new(definition, _hasAdditions ? string.Join(' ', _words) : _value, [.. _sources]);

    private void AddWords(string value)
    {
        foreach (var word in value.Split((char[])[' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (definition.Kind != NixSettingKind.Set || _seen.Add(word))
            {
                _words.Add(word);
            }
        }
    }
}
