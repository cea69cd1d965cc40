namespace NixRemote.Diagnosis.Checks;

/// <summary>Whether an SSH server answers and has algorithms in common with this client.</summary>
internal sealed class SshHandshakeCheck : LogInCheck
{
    public override BuilderCheckName Name => BuilderCheckName.SshHandshake;

    protected override string Describe(BuilderExamination examination) => "An SSH server answers and agrees on algorithms.";
}
