namespace NixRemote.Tests.StoreObjects;

/// <summary>A fact about file systems that take any bytes as names and tell upper from lower case.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute() => Skip = OperatingSystem.IsLinux() ? null : "The file systems here take names that are text, and ignore case.";
}
