using NixRemote.StoreObjects;

namespace NixRemote.Stores;

public sealed partial class WireWriter
{
    /// <summary><c>StorePath</c>: a string with the full path.</summary>
    public void WritePath(StorePath path) => WriteText(path.ToString());

    /// <summary><c>optional&lt;StorePath&gt;</c>: a string; empty if absent.</summary>
    public void WriteOptionalPath(StorePath? path) => WriteText(path?.ToString() ?? "");

    /// <summary><c>set&lt;StorePath&gt;</c>: u64 count, the paths ascending.</summary>
    public void WritePathSet(IEnumerable<StorePath> paths)
    {
        var set = paths as SortedSet<StorePath> ?? [.. paths];
        WriteNumber(set.Count);
        foreach (var path in set)
        {
            WritePath(path);
        }
    }

    /// <summary><c>set&lt;Signature&gt;</c>: u64 count, the texts ascending. Nix ≥ 2.34 fails on texts that are not
    /// <c>name:base64</c>, and no Nix could verify them: such ones are left out.</summary>
    public void WriteSignatures(IEnumerable<string> signatures)
    {
        var set = new SortedSet<string>(signatures.Where(IsWellFormed), StringComparer.Ordinal);
        WriteNumber(set.Count);
        foreach (var signature in set)
        {
            WriteText(signature);
        }
    }

    // ValidPathInfo, in every upload (wire.md §3.3 #9, §4.5):
    //   path path; optional<path> deriver; string narHash base16; set<path> references; u64 registrationTime
    //   u64 narSize; bool ultimate; set<string> sigs; optional<CA> ca
    /// <summary>A path with its info, as it is added to a store: registered by that store now (time 0), not built by it.</summary>
    public void WriteValidPathInfo(PathInfo info)
    {
        WritePath(info.Path);
        WriteOptionalPath(info.Deriver);
        WriteText(info.NarHash.ToBase16());
        WritePathSet(info.References);
        WriteUInt64(0);
        WriteNumber(info.NarSize);
        WriteBool(false);
        WriteSignatures(info.Signatures);
        WriteText(info.ContentAddress ?? "");
    }

    // BasicDerivation (wire.md §6):
    //   u64 nOutputs; per output ascending by name: string name, string path, string hashAlgo, string hash
    //   set<path> inputSrcs; string platform; string builder; list<string> args
    //   u64 nEnv; per variable ascending by key: string key, string value
    /// <summary>A derivation without its inputs' derivations. The name goes with the path, which is another field.</summary>
    public void WriteBasicDerivation(BasicDerivation derivation)
    {
        WriteNumber(derivation.Outputs.Count);
        foreach (var output in derivation.Outputs.OrderBy(o => o.Name, StringComparer.Ordinal))
        {
            WriteText(output.Name);
            WriteOptionalPath(output.Path);
            WriteText(output.HashAlgorithm);
            WriteText(output.Hash);
        }

        WritePathSet(derivation.InputSources);
        WriteText(derivation.Platform);
        WriteBytes(derivation.Builder.Span);
        WriteNumber(derivation.Arguments.Count);
        foreach (var argument in derivation.Arguments)
        {
            WriteBytes(argument.Span);
        }

        WriteNumber(derivation.Environment.Count);
        foreach (var (key, value) in derivation.Environment.OrderBy(e => e.Key))
        {
            WriteBytes(key.Span);
            WriteBytes(value.Span);
        }
    }

    private static bool IsWellFormed(string signature)
    {
        var colon = signature.IndexOf(':');
        if (colon <= 0 || colon == signature.Length - 1)
        {
            return false;
        }

        var digits = signature.AsSpan(colon + 1);
        return Convert.TryFromBase64Chars(digits, new byte[digits.Length], out _);
    }
}
