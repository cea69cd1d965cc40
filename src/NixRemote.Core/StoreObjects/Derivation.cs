namespace NixRemote.StoreObjects;

/// <summary>A derivation as its .drv file says it (nar.md §6).</summary>
public sealed record Derivation : BasicDerivation
{
    /// <summary>The derivations whose outputs it needs, ascending by path, each with the names of those outputs, ascending.</summary>
    public required IReadOnlyList<KeyValuePair<StorePath, IReadOnlyList<string>>> InputDerivations { get; init; }
}
