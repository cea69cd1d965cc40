namespace NixRemote.Tests.Stores.BinaryCache;

/// <summary>A theory that asks the machine's own xz; skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class XzTheoryAttribute : TheoryAttribute
{
    public XzTheoryAttribute() =>
        Skip = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "xz")))
            ? null : "There is no xz on this machine's PATH.";
}
