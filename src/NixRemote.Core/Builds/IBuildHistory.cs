namespace NixRemote.Builds;

/// <summary>Builds of the past. Calls may block on a disk; one at a time.</summary>
/// <remarks>Every failure is a <see cref="NixRemoteException"/> (HistoryUnusable, HistoryDamaged) that no build may fail for.</remarks>
public interface IBuildHistory : IDisposable
{
    /// <summary>How long derivations of these names take at speed factor 1, and how large their outputs are: the means of their last
    /// successful builds, each time times the speed factor of its builder; of another version where this one was never built. Names that
    /// nothing is known of are left out.</summary>
    IReadOnlyDictionary<string, ExpectedBuild> Expected(IReadOnlyCollection<string> names);

    /// <summary>Keeps builds, all or none.</summary>
    void Add(IReadOnlyCollection<BuildRecord> builds);
}
