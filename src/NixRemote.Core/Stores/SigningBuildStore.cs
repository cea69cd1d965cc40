using NixRemote.StoreObjects;

namespace NixRemote.Stores;

/// <summary>A store that can build, and is given each path with a signature by our key.</summary>
/// <param name="inner">The store, owned from here on.</param>
/// <param name="signer">What signs.</param>
public sealed class SigningBuildStore(IBuildStore inner, PathSigner signer) : SigningStore(inner, signer), IBuildStore
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
