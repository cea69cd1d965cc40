using NixRemote.Stores;

namespace NixRemote.Diagnosis.Checks;

/// <summary>Whether the store takes new paths: a file of some bytes is written into it, which its garbage collector removes.</summary>
internal sealed class StoreCheck : IBuilderCheck
{
    public BuilderCheckName Name => BuilderCheckName.Store;

    public BuilderCheckName? Needs => BuilderCheckName.ProtocolHandshake;

    public async Task<NixBuilderCheck> RunAsync(BuilderExamination examination, CancellationToken cancellationToken)
    {
        if (await examination.AddFileAsync(contentAddressed: true, cancellationToken).ConfigureAwait(false) is { } refused)
        {
            return NixBuilderCheck.Failed(Name, refused);
        }

        // Whom it does not trust it may still let write what is signed, or all, if it requires no signatures.
        if (examination.Trust != TrustLevel.Trusted
            && await examination.AddFileAsync(contentAddressed: false, cancellationToken).ConfigureAwait(false) is { } unsigned)
        {
            return unsigned.Definition == NixErrors.SignatureMissing
                ? NixBuilderCheck.Warning(Name, NixErrors.SignatureMissing,
                    $"It can be read, and takes only paths with a signature that it trusts: {unsigned.Message}")
                : NixBuilderCheck.Failed(Name, unsigned);
        }

        return NixBuilderCheck.Passed(Name, "It can be read and written.");
    }
}
