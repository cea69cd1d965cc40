using System.Text;

namespace NixRemote.StoreObjects;

/// <summary>The public keys whose signatures count (trusted-public-keys; nar.md §4.3).</summary>
public sealed class TrustedKeys
{
    private readonly Dictionary<string, NixKey> _keys = new(StringComparer.Ordinal);
    private readonly ISignatureAlgorithm _algorithm;

    /// <summary>Takes keys; of several with one name the last counts.</summary>
    /// <param name="keys">Public keys as <c>name:base64</c>.</param>
    /// <param name="algorithm">What verifies.</param>
    /// <exception cref="NixRemoteException">SigningKeyInvalid.</exception>
    public TrustedKeys(IEnumerable<string> keys, ISignatureAlgorithm algorithm)
    {
        _algorithm = algorithm;
        foreach (var key in keys.Select(NixKey.ParsePublicKey))
        {
            _keys[key.Name] = key;
        }
    }

    /// <summary>The names of the keys, ascending.</summary>
    public IReadOnlyList<string> Names => [.. _keys.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Whether a path may be believed: its path follows from its content, or one of the keys has signed it.</summary>
    public bool Trusts(PathInfo info) => ContentAddress.Certifies(info) || info.Signatures.Any(signature => HasSigned(info, signature));

    /// <summary>Refuses a path that <see cref="Trusts"/> does not believe.</summary>
    /// <param name="info">The path.</param>
    /// <param name="store">The store that it comes from, for the message.</param>
    /// <exception cref="NixRemoteException">SignatureMissing, which says what signatures it has.</exception>
    public void Demand(PathInfo info, string store)
    {
        if (Trusts(info))
        {
            return;
        }

        var signers = info.Signatures.Select(signature => signature.Split(':', 2)[0]).Distinct().ToList();
        var found = signers.Count == 0 ? "it has no signature"
            : signers.Find(_keys.ContainsKey) is { } forged ? $"its signature by {forged} is not of this path, hash, size and references"
            : $"it is signed by {string.Join(", ", signers)} only";
        throw new NixRemoteException(NixErrors.SignatureMissing,
            $"'{info.Path}' from {store} is refused: {found}; trusted are {(_keys.Count == 0 ? "no keys" : string.Join(", ", Names))}.")
        {
            Builder = store,
            Target = info.Path.ToString(),
            RecommendedAction = "Sign it (Add-NixSignature; secret-key-files in nix.conf lets a builder sign what it builds), or trust the key that has (-TrustedPublicKey), or say trusted=true in the URI of a cache that you trust.",
        };
    }

    private bool HasSigned(PathInfo info, string text) =>
        info.NarSize > 0 && NixKey.TryParseSignature(text) is { } signature && _keys.TryGetValue(signature.Name, out var key)
        && _algorithm.Verify(key.Bytes.Span, Encoding.UTF8.GetBytes(info.ToFingerprint()), signature.Bytes.Span);
}
