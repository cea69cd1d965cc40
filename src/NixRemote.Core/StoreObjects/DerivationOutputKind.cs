namespace NixRemote.StoreObjects;

/// <summary>How the path of an output comes about (nar.md §6.1).</summary>
public enum DerivationOutputKind
{
    /// <summary>A combination of strings that means nothing.</summary>
    Invalid,

    /// <summary>From the derivation's own text.</summary>
    InputAddressed,

    /// <summary>From a content hash that is given beforehand.</summary>
    Fixed,

    /// <summary>From the content, once it is built.</summary>
    FloatingContentAddressed,

    /// <summary>Input-addressed, but an input is not known before it is built.</summary>
    Deferred,

    /// <summary>Built anew every time.</summary>
    Impure,
}
