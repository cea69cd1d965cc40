using System.Security.Cryptography;
using System.Text;

namespace NixRemote.StoreObjects;

/// <summary>Computes store paths from what they stand for (nar.md §3.2).</summary>
public static class StorePathFactory
{
    private const int PathHashBytes = 20;

    /// <summary>The path of a text file: of a .drv, or of <c>builtins.toFile</c>.</summary>
    /// <param name="name">The name.</param>
    /// <param name="hash">SHA-256 of its bytes.</param>
    /// <param name="references">The paths that it refers to, in any order, also twice.</param>
    /// <param name="storeDirectory">The store directory.</param>
    /// <exception cref="NixRemoteException">StorePathInvalid: the name cannot be one.</exception>
    public static StorePath Text(
        string name, NixHash hash, IEnumerable<StorePath> references, string storeDirectory = StorePath.DefaultStoreDirectory)
    {
        if (hash.Algorithm != NixHashAlgorithm.Sha256)
        {
            throw new ArgumentException("The hash of a text file is SHA-256.", nameof(hash));
        }

        return Make(WithReferences("text", references, self: false), hash, name, storeDirectory);
    }

    /// <summary>The path of a content-addressed object: of a source, of a fixed output.</summary>
    /// <param name="name">The name.</param>
    /// <param name="address">What was hashed, and its hash.</param>
    /// <param name="references">The other paths that it refers to, in any order: for texts, and for SHA-256 of an archive.</param>
    /// <param name="self">Whether it refers to itself: for SHA-256 of an archive, in which those places are zeroed.</param>
    /// <param name="storeDirectory">The store directory.</param>
    /// <exception cref="NixRemoteException">StorePathInvalid: the name cannot be one.</exception>
    public static StorePath FromContent(
        string name,
        ContentAddress address,
        IReadOnlyCollection<StorePath>? references = null,
        bool self = false,
        string storeDirectory = StorePath.DefaultStoreDirectory)
    {
        references ??= [];
        if (address is { Method: ContentAddressMethod.NixArchive, Hash.Algorithm: NixHashAlgorithm.Sha256 })
        {
            return Make(WithReferences("source", references, self), address.Hash, name, storeDirectory);
        }

        if (self || (references.Count > 0 && address.Method != ContentAddressMethod.Text))
        {
            throw new ArgumentException("An object of this kind of content address cannot have these references.", nameof(references));
        }

        if (address.Method == ContentAddressMethod.Text)
        {
            return Text(name, address.Hash, references, storeDirectory);
        }

        var prefix = ContentAddress.Prefix(address.Method);
        var inner = NixHash.Sha256(Encoding.ASCII.GetBytes($"fixed:out:{prefix}{address.Hash.AlgorithmName}:{address.Hash.ToBase16()}:"));
        return Make("output:out", inner, name, storeDirectory);
    }

    /// <summary>The path of an input-addressed output.</summary>
    /// <param name="derivationName">The derivation's name, without <c>.drv</c>.</param>
    /// <param name="outputName">The output.</param>
    /// <param name="hash">The derivation's masked hash (nar.md §8.4).</param>
    /// <param name="storeDirectory">The store directory.</param>
    /// <exception cref="NixRemoteException">StorePathInvalid: the name cannot be one.</exception>
    public static StorePath Output(
        string derivationName, string outputName, NixHash hash, string storeDirectory = StorePath.DefaultStoreDirectory) =>
        Make($"output:{outputName}", hash, OutputPathName(derivationName, outputName), storeDirectory);

    /// <summary>The name of an output's path: the derivation's, with <c>-OUTPUT</c> unless that is <c>out</c>.</summary>
    public static string OutputPathName(string derivationName, string outputName) =>
        outputName == "out" ? derivationName : $"{derivationName}-{outputName}";

    // fingerprint = type ":" "sha256:" hex ":" storeDir ":" name; path = storeDir "/" nix32(compress(sha256(fingerprint))) "-" name
    private static StorePath Make(string type, NixHash inner, string name, string storeDirectory)
    {
        var fingerprint = $"{type}:sha256:{inner.ToBase16()}:{storeDirectory}:{name}";
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(fingerprint), digest);
        Span<byte> compressed = stackalloc byte[PathHashBytes];
        compressed.Clear();
        for (var i = 0; i < digest.Length; i++)
        {
            compressed[i % PathHashBytes] ^= digest[i];
        }

        return StorePath.Parse($"{storeDirectory}/{NixBase32.Encode(compressed)}-{name}", storeDirectory);
    }

    private static string WithReferences(string type, IEnumerable<StorePath> references, bool self)
    {
        StorePath[] sorted = [.. references];
        Array.Sort(sorted);
        var text = new StringBuilder(type);
        for (var i = 0; i < sorted.Length; i++)
        {
            if (i == 0 || sorted[i] != sorted[i - 1])
            {
                text.Append(':').Append(sorted[i].ToString());
            }
        }

        return text.Append(self ? ":self" : "").ToString();
    }
}
