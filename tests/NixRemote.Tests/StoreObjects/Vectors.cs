namespace NixRemote.Tests.StoreObjects;

/// <summary>Files that a real Nix 2.8.0 made (nar.md §9).</summary>
internal static class Vectors
{
    public static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "StoreObjects", "Vectors", name));
}
