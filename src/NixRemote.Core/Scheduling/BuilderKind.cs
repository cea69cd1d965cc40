using NixRemote.Builders;

namespace NixRemote.Scheduling;

/// <summary>Builders with the same declaration as far as eligibility goes: all take the same derivations.</summary>
internal sealed class BuilderKind(bool isLocal, NixBuilder sample)
{
    /// <summary>Whether it is this machine's own kind.</summary>
    public bool IsLocal { get; } = isLocal;

    /// <summary>One of them.</summary>
    public NixBuilder Sample { get; } = sample;

    /// <summary>The classes of derivations that they take.</summary>
    public List<NodeClass> Classes { get; } = [];

    /// <summary>Its pools, one for each magnitude of bandwidth that occurs.</summary>
    public Dictionary<int, BuilderPool> Pools { get; } = [];

    /// <summary>Those that have no free slot, by the magnitude of their speed.</summary>
    public Dictionary<int, BuilderHeap> Busy { get; } = [];

    /// <summary>Where a builder of the kind stands while it has no free slot: with those whose speed is within a fifth of its own.</summary>
    public BuilderHeap BusyAt(BuilderState builder, BuilderState[] builders)
    {
        var magnitude = (int)Math.Round(4 * Math.Log2(builder.Declared.Builder.SpeedFactor));
        return Busy.TryGetValue(magnitude, out var heap) ? heap : Busy[magnitude] = new BuilderHeap(builders, BuilderState.BusyKey);
    }

    /// <summary>What tells kinds apart.</summary>
    public static string Signature(ScheduleBuilder builder)
    {
        var declared = builder.Builder;
        var excluded = builder.IsExcluded || !declared.Enabled || declared.MaxJobs == 0;
        return string.Join('\n', builder.IsLocal, excluded, Words(declared.Systems), Words(declared.SupportedFeatures), Words(declared.MandatoryFeatures));

        static string Words(IReadOnlyList<string> words) => string.Join(' ', words.Order(StringComparer.Ordinal));
    }
}
