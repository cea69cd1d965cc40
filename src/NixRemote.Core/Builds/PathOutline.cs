using NixRemote.StoreObjects;

namespace NixRemote.Builds;

/// <summary>What a run goes by of a path that a store has told of: an info without what is only needed when the path is sent.</summary>
/// <param name="path">The path.</param>
/// <param name="info">What was told.</param>
/// <param name="references">Its references, as the run's own objects.</param>
internal sealed class PathOutline(StorePath path, PathInfo info, IReadOnlyList<StorePath> references)
{
    /// <summary>The path.</summary>
    public StorePath Path { get; } = path;

    /// <summary>Bytes of its archive.</summary>
    public long NarSize { get; } = info.NarSize;

    /// <summary>The paths it refers to, in the order told; itself among them if it does.</summary>
    public IReadOnlyList<StorePath> References { get; } = references;

    /// <summary>Whether it has a content address.</summary>
    public bool IsContentAddressed { get; } = info.ContentAddress is not null;

    /// <inheritdoc cref="PathInfo.IsVouchedFor"/>
    public bool IsVouchedFor { get; } = info.IsVouchedFor;

    /// <summary>The paths that a store does not take, for it takes a path only after all that it refers to.</summary>
    /// <param name="missing">What it lacks.</param>
    /// <param name="isTaken">Whether it takes a path by itself.</param>
    /// <exception cref="NixRemoteException">ProtocolViolation: they refer to one another in a circle.</exception>
    public static IReadOnlySet<StorePath> Refused(IReadOnlyCollection<PathOutline> missing, Func<PathOutline, bool> isTaken)
    {
        var refused = new HashSet<StorePath>();
        foreach (var outline in ClosureOrder.ReferencesFirst(missing, outline => outline.Path, outline => outline.References))
        {
            if (!isTaken(outline) || outline.References.Any(refused.Contains))
            {
                refused.Add(outline.Path);
            }
        }

        return refused;
    }

    /// <summary>Whether an info says the same of size and references, which is what a transfer is planned by.</summary>
    public bool Plans(PathInfo info) => NarSize == info.NarSize && References.SequenceEqual(info.References);

    /// <summary>Whether it is the outline of an info.</summary>
    public bool IsOf(PathInfo info) => Plans(info) && IsContentAddressed == info.ContentAddress is not null && IsVouchedFor == info.IsVouchedFor;
}
