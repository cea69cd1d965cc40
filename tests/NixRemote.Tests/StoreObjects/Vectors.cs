using NixRemote.StoreObjects;

namespace NixRemote.Tests.StoreObjects;

/// <summary>Files that a real Nix 2.8.0 made (nar.md §9).</summary>
internal static class Vectors
{
    private static string Folder => Path.Combine(AppContext.BaseDirectory, "StoreObjects", "Vectors");

    public static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(Folder, name));

    /// <summary>The .drv files' base names.</summary>
    public static TheoryData<string> DerivationFiles => [.. Directory.GetFiles(Folder, "*.drv").Select(file => Path.GetFileName(file)!).Order()];

    /// <summary>The path of a .drv file in the store.</summary>
    public static StorePath PathOf(string file) => StorePath.FromBaseName(file);

    public static Derivation ReadDerivation(StorePath path) => DerivationParser.Parse(path, Read(path.BaseName));

    /// <summary>The only .drv file of that name.</summary>
    public static Derivation ReadDerivation(string name) =>
        ReadDerivation(PathOf(Path.GetFileName(Directory.GetFiles(Folder, $"*-{name}.drv").Single())));
}
