using System.Collections.Frozen;

namespace NixRemote.Builders;

/// <summary>The names that a format's entries may have.</summary>
/// <param name="names">The names, in the order in which messages list them.</param>
internal sealed class FieldNames(params string[] names)
{
    private readonly FrozenSet<string> _names = names.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The names in their order.</summary>
    public IReadOnlyList<string> All { get; } = names;

    /// <summary>Whether a name is one of them.</summary>
    public bool Contains(string name) => _names.Contains(name);
}
