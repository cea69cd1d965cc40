namespace NixRemote.Builders;

/// <summary>What was found at a place that was asked for configuration.</summary>
public enum ConfigurationSourceState
{
    /// <summary>It was read.</summary>
    Read,

    /// <summary>It does not exist.</summary>
    Missing,

    /// <summary>It exists, but cannot be read.</summary>
    Unreadable,
}
