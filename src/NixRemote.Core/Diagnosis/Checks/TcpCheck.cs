namespace NixRemote.Diagnosis.Checks;

/// <summary>Whether the machine takes connections.</summary>
internal sealed class TcpCheck : LogInCheck
{
    public override BuilderCheckName Name => BuilderCheckName.Tcp;

    protected override string Describe(BuilderExamination examination) => $"{examination.Builder.ToStoreUri().Host} takes connections.";
}
