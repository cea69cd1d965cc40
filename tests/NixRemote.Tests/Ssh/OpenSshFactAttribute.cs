namespace NixRemote.Tests.Ssh;

/// <summary>A fact that needs the machine's own OpenSSH client; skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OpenSshFactAttribute : FactAttribute
{
    public OpenSshFactAttribute() => Skip = OpenSsh.WhyMissing;
}
