namespace NixRemote.Scheduling;

/// <summary>Builders with a free slot that take the same derivations over links of like bandwidth.</summary>
/// <param name="kind">What they take.</param>
/// <param name="builders">All builders of the schedule.</param>
internal sealed class BuilderPool(BuilderKind kind, BuilderState[] builders)
{
    /// <summary>What its builders take.</summary>
    public BuilderKind Kind { get; } = kind;

    /// <summary>In the policy's order.</summary>
    public BuilderHeap Relaxed { get; } = new(builders, BuilderState.RelaxedKey);

    /// <summary>In the order for derivations that would be late.</summary>
    public BuilderHeap Urgent { get; } = new(builders, BuilderState.UrgentKey);

    /// <summary>How many there are.</summary>
    public int Count => Relaxed.Count;

    /// <summary>Adds a builder, or puts it in its place after its keys have changed.</summary>
    public void Place(int builder)
    {
        Relaxed.Place(builder);
        Urgent.Place(builder);
    }

    /// <summary>Takes a builder out.</summary>
    public void Remove(int builder)
    {
        Relaxed.Remove(builder);
        Urgent.Remove(builder);
    }
}
