using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Builds;

/// <summary>The outputs of one of two builds that are compared.</summary>
/// <param name="Name">The builder, or the store that had them before.</param>
/// <param name="Store">Where they are.</param>
/// <param name="Infos">Their infos by path.</param>
internal sealed record BuiltTwin(string Name, INixStore Store, IReadOnlyDictionary<StorePath, PathInfo> Infos)
{
    /// <summary>What the builder said when it built again what it had, and got something else; null if it did not.</summary>
    public string? Differs { get; init; }

    /// <summary>The log of the build.</summary>
    public string Log { get; init; } = "";

    /// <summary>How long it took.</summary>
    public TimeSpan BuildTime { get; init; }
}
