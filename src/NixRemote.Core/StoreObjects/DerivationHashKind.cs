namespace NixRemote.StoreObjects;

/// <summary>What a derivation's hash says of its outputs (nar.md §8.1).</summary>
public enum DerivationHashKind
{
    /// <summary>The derivation has a fixed output: the hash is that output's.</summary>
    Fixed,

    /// <summary>The output paths follow from the hash.</summary>
    Regular,

    /// <summary>Output paths are not known before a build.</summary>
    Deferred,
}
