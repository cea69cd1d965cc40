using System.Text;

namespace NixRemote.StoreObjects;

/// <summary>Texts that stand for output paths not known yet (nar.md §6.2).</summary>
public static class OutputPlaceholder
{
    /// <summary>What stands for an output in its own derivation.</summary>
    public static string OfOwnOutput(string outputName) => Of($"nix-output:{outputName}");

    /// <summary>What stands for an output in the derivations that need it.</summary>
    public static string OfInput(StorePath derivation, string outputName) =>
        Of($"nix-upstream-output:{derivation.HashPart}:{StorePathFactory.OutputPathName(derivation.Name[..^".drv".Length], outputName)}");

    private static string Of(string text) => "/" + NixHash.Sha256(Encoding.UTF8.GetBytes(text)).ToNixBase32();
}
