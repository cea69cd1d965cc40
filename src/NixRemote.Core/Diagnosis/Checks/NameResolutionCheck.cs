namespace NixRemote.Diagnosis.Checks;

/// <summary>Whether the host name has an address.</summary>
internal sealed class NameResolutionCheck : LogInCheck
{
    public override BuilderCheckName Name => BuilderCheckName.NameResolution;

    protected override string Describe(BuilderExamination examination) => $"The name of {examination.Builder.ToStoreUri().Host} resolves.";
}
