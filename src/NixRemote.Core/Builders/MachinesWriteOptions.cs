namespace NixRemote.Builders;

/// <summary>What writing builders depends on besides them.</summary>
public sealed record MachinesWriteOptions
{
    /// <summary>Comments behind the last entry, as in <see cref="EntryComments.Above"/>.</summary>
    public IReadOnlyList<string> TrailingComments { get; init; } = [];

    /// <summary>The value of <c>builders-use-substitutes</c>, which goes with the NixOS option.</summary>
    public bool BuildersUseSubstitutes { get; init; }
}
