namespace NixRemote.Tests;

/// <summary>A fact of Unix; skipped on Windows.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class UnixFactAttribute : FactAttribute
{
    /// <summary>Looks at the system.</summary>
    public UnixFactAttribute() => Skip = OperatingSystem.IsWindows() ? "This is a matter of Unix." : null;
}
