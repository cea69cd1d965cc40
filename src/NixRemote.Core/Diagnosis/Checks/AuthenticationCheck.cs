namespace NixRemote.Diagnosis.Checks;

/// <summary>Whether the machine lets the user in.</summary>
internal sealed class AuthenticationCheck : LogInCheck
{
    public override BuilderCheckName Name => BuilderCheckName.Authentication;

    protected override string Describe(BuilderExamination examination) => $"Logged in to {examination.Session!.Description}.";
}
