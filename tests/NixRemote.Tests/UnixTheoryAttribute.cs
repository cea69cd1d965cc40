namespace NixRemote.Tests;

/// <summary>A theory of Unix; skipped on Windows.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class UnixTheoryAttribute : TheoryAttribute
{
    /// <summary>Looks at the system.</summary>
    public UnixTheoryAttribute() => Skip = OperatingSystem.IsWindows() ? "This is a matter of Unix." : null;
}
