namespace NixRemote.Diagnosis.Checks;

/// <summary>Whether the host key is the known one.</summary>
internal sealed class HostKeyCheck : LogInCheck
{
    public override BuilderCheckName Name => BuilderCheckName.HostKey;

    protected override string Describe(BuilderExamination examination) => "The host key is " + (examination.Session is { HostKeyFingerprint.Length: > 0 } session ? $"{session.HostKeyFingerprint}, as known." : "the known one.");
}
