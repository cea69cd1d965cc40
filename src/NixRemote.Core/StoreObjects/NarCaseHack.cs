namespace NixRemote.StoreObjects;

/// <summary>How names that differ only in case lie in one directory of a file system that ignores case (nar.md §1.3):
/// the later ones get a suffix on disk, which is cut off again when the directory is archived.</summary>
public static class NarCaseHack
{
    /// <summary>What comes between the name and a number.</summary>
    public const string Suffix = "~nix~case~hack~";

    /// <summary>Whether it is needed here: the usual file systems of macOS and Windows ignore case.</summary>
    public static bool IsDefault => OperatingSystem.IsMacOS() || OperatingSystem.IsWindows();

    /// <summary>The name without the suffix.</summary>
    public static string Cut(string name) => name.IndexOf(Suffix, StringComparison.Ordinal) is var at and >= 0 ? name[..at] : name;
}
