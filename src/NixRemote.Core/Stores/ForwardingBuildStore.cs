using NixRemote.StoreObjects;

namespace NixRemote.Stores;

/// <summary>A store that can build, in front of another one. It builds there; its paths may go through one more that stands in front of the same.</summary>
public class ForwardingBuildStore : ForwardingStore, IBuildStore
{
    private readonly IBuildStore _builds;

    /// <summary>Stands in front of a store.</summary>
    /// <param name="builds">Where it builds, owned from here on.</param>
    /// <param name="paths">What its paths go through: <paramref name="builds"/>, or what stands in front of that.</param>
    internal ForwardingBuildStore(IBuildStore builds, INixStore paths)
        : base(paths) => _builds = builds;

    /// <summary>Whether it is given each path with a signature by our key.</summary>
    internal bool Signs => Inner is SigningStore;

    /// <inheritdoc/>
    public Task<StoreConnectionInfo> ConnectAsync(CancellationToken cancellationToken) => _builds.ConnectAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<BuildResult> BuildDerivationAsync(
        BasicDerivation derivation, BuildOptions options, Action<StoreEvent>? events, CancellationToken cancellationToken) =>
        _builds.BuildDerivationAsync(derivation, options, events, cancellationToken);

    /// <inheritdoc/>
    public Task<BuildResult> BuildGoalAsync(DerivedPath goal, BuildOptions options, Action<StoreEvent>? events, CancellationToken cancellationToken) =>
        _builds.BuildGoalAsync(goal, options, events, cancellationToken);
}
