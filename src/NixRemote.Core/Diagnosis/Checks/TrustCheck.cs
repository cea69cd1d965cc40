using NixRemote.Stores;

namespace NixRemote.Diagnosis.Checks;

/// <summary>Whether the builder's Nix trusts the user: only then it takes unsigned paths and input-addressed derivations.</summary>
internal sealed class TrustCheck : IBuilderCheck
{
    public BuilderCheckName Name => BuilderCheckName.Trust;

    public BuilderCheckName? Needs => BuilderCheckName.ProtocolHandshake;

    public Task<NixBuilderCheck> RunAsync(BuilderExamination examination, CancellationToken cancellationToken)
    {
        var said = examination.StoreInfo!.Trust;
        var user = examination.Report?.Facts?.User is { Length: > 0 } name ? $" '{name}'" : "";
        return Task.FromResult((examination.Trust, said) switch
        {
            (TrustLevel.Trusted, TrustLevel.Trusted) => NixBuilderCheck.Passed(Name, $"Its daemon trusts the user{user}."),
            (TrustLevel.Trusted, _) => NixBuilderCheck.Passed(Name, $"By its configuration (trusted-users), its Nix trusts the user{user}."),
            (TrustLevel.NotTrusted, _) => NixBuilderCheck.Warning(Name, NixErrors.NotTrusted,
                $"Its daemon does not trust the user{user}: it refuses unsigned paths and input-addressed derivations."),
            _ => NixBuilderCheck.Skipped(Name, "Its protocol does not tell, and neither does its configuration."),
        });
    }
}
