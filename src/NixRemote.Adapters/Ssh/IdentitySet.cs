namespace NixRemote.Adapters.Ssh;

/// <summary>The keys of a connection, and why there are not more.</summary>
/// <param name="Identities">The keys, in the order to try.</param>
/// <param name="Problems">Why files were passed over.</param>
/// <param name="AgentProblem">Why the agent gave no key; null: it gave one, or there is none.</param>
/// <param name="LeftOut">Keys of the agent that are not offered, since IdentitiesOnly is set and nothing names them.</param>
internal sealed record IdentitySet(
    IReadOnlyList<Identity> Identities, IReadOnlyList<NixRemoteException> Problems, NixRemoteException? AgentProblem, IReadOnlyList<string> LeftOut)
{
    /// <summary>No keys.</summary>
    public static IdentitySet Empty { get; } = new([], [], null, []);
}
