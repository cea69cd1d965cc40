namespace NixRemote.Builders;

/// <summary>What a value of a structured document is.</summary>
public enum DocumentNodeKind
{
    /// <summary>Names and values.</summary>
    Table,

    /// <summary>Values in order.</summary>
    Array,

    /// <summary>Text.</summary>
    String,

    /// <summary>A whole number of 64 bits.</summary>
    Integer,

    /// <summary>Another number.</summary>
    Float,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>JSON's null.</summary>
    Null,

    /// <summary>A value that no builders format has, such as TOML's dates.</summary>
    Other,
}
