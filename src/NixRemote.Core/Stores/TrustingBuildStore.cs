using NixRemote.StoreObjects;

namespace NixRemote.Stores;

/// <summary>A store that can build, and whose paths leave it only if their content address or a trusted key vouches for them.</summary>
/// <param name="inner">The store, owned from here on.</param>
/// <param name="keys">The keys that are trusted.</param>
public sealed class TrustingBuildStore(IBuildStore inner, TrustedKeys keys) : TrustingStore(inner, keys), IBuildStore
{
    /// <inheritdoc/>
    public Task<StoreConnectionInfo> ConnectAsync(CancellationToken cancellationToken) => inner.ConnectAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<BuildResult> BuildDerivationAsync(
        BasicDerivation derivation, BuildOptions options, Action<StoreEvent>? events, CancellationToken cancellationToken) =>
        inner.BuildDerivationAsync(derivation, options, events, cancellationToken);

    /// <inheritdoc/>
    public Task<BuildResult> BuildGoalAsync(DerivedPath goal, BuildOptions options, Action<StoreEvent>? events, CancellationToken cancellationToken) =>
        inner.BuildGoalAsync(goal, options, events, cancellationToken);
}
