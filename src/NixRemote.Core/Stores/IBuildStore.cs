using NixRemote.StoreObjects;

namespace NixRemote.Stores;

/// <summary>A store that can build.</summary>
public interface IBuildStore : INixStore
{
    /// <summary>Makes sure of a connection and tells what its handshake said.</summary>
    Task<StoreConnectionInfo> ConnectAsync(CancellationToken cancellationToken);

    /// <summary>Builds one derivation whose inputs are all valid there (BuildDerivation).</summary>
    /// <param name="derivation">The derivation with all its inputs as paths.</param>
    /// <param name="options">Limits; see <see cref="BuildOptions"/> for what each protocol carries.</param>
    /// <param name="events">Told log lines and activities of this build, in order, on the reader's thread; must not
    /// block. Null: nobody listens.</param>
    /// <param name="cancellationToken">Ends the connection and with it the remote build.</param>
    /// <returns>The store's result; a failed build is a result, not an exception.</returns>
    Task<BuildResult> BuildDerivationAsync(
        BasicDerivation derivation, BuildOptions options, Action<StoreEvent>? events, CancellationToken cancellationToken);

    /// <summary>Makes a goal valid from the derivations that the store itself has, with all that it needs and the store lacks
    /// (BuildPaths): the way for a user whom the store does not trust (wire.md §4.9).</summary>
    /// <param name="goal">What to make valid.</param>
    /// <param name="options">Limits, of the whole.</param>
    /// <param name="events">Told log lines of all builds, as for <see cref="BuildDerivationAsync"/>. Null: nobody listens.</param>
    /// <param name="cancellationToken">Ends the connection and with it the remote builds.</param>
    /// <returns>The store's result; a failed build is a result, not an exception.</returns>
    Task<BuildResult> BuildGoalAsync(DerivedPath goal, BuildOptions options, Action<StoreEvent>? events, CancellationToken cancellationToken);
}
