namespace NixRemote.Tests.Ssh;

/// <summary>A theory that compares with the machine's own OpenSSH client; skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OpenSshTheoryAttribute : TheoryAttribute
{
    public OpenSshTheoryAttribute() => Skip = OpenSsh.WhyMissing;
}
