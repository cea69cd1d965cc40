namespace NixRemote.Diagnosis.Checks;

/// <summary>Whether Nix there speaks a protocol that we speak.</summary>
internal sealed class ProtocolHandshakeCheck : IBuilderCheck
{
    public BuilderCheckName Name => BuilderCheckName.ProtocolHandshake;

    public BuilderCheckName? Needs => BuilderCheckName.CleanChannel;

    public async Task<NixBuilderCheck> RunAsync(BuilderExamination examination, CancellationToken cancellationToken)
    {
        if (await examination.ConnectAsync(cancellationToken).ConfigureAwait(false) is { } failure)
        {
            // nix-daemon --stdio of Nix 2.34 ends without a word when its daemon is not there; other programs of Nix say so.
            return NixBuilderCheck.Failed(Name, failure.Definition == NixErrors.RemoteDied && failure.StandardErrorTail is null
                ? await examination.AskNixWhyAsync(failure, cancellationToken).ConfigureAwait(false)
                : failure);
        }

        var info = examination.StoreInfo!;
        return NixBuilderCheck.Passed(Name, $"It speaks version {info.Version} of the {info.Protocol.ToString().ToLowerInvariant()} protocol"
            + $"{(info.PeerVersion == info.Version ? "" : $" (its own is {info.PeerVersion})")}.");
    }
}
