namespace NixRemote.Builders;

/// <summary>The types of nix.conf's values (config.md §1).</summary>
public enum NixSettingKind
{
    /// <summary>Any text.</summary>
    Text,

    /// <summary><c>true</c>, <c>yes</c>, <c>1</c>, <c>false</c>, <c>no</c> or <c>0</c>.</summary>
    Boolean,

    /// <summary>A whole number of 0 or more, optionally with K, M, G or T (powers of 1024).</summary>
    Number,

    /// <summary>A number, or <c>auto</c> for the number of processors.</summary>
    NumberOrAuto,

    /// <summary>Words in order; <c>extra-</c> appends.</summary>
    List,

    /// <summary>Words without order; <c>extra-</c> adds.</summary>
    Set,
}
