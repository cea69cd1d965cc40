namespace NixRemote.StoreObjects;

/// <summary>A signing key or a signature: <c>NAME:BASE64</c> (nar.md §4.3).</summary>
/// <param name="Name">The name of the key.</param>
/// <param name="Bytes">The key's or signature's bytes.</param>
public sealed record NixKey(string Name, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Bytes of an Ed25519 public key.</summary>
    public const int PublicKeyLength = 32;

    /// <summary>Bytes of a secret key: the seed and the public key.</summary>
    public const int SecretKeyLength = 64;

    /// <summary>Bytes of a signature.</summary>
    public const int SignatureLength = 64;

    /// <summary>Reads a public key, as trusted-public-keys holds it; white space around it does not count. What is read
    /// never gets into a message: it may be a secret key by mistake.</summary>
    /// <exception cref="NixRemoteException">SigningKeyInvalid.</exception>
    public static NixKey ParsePublicKey(string text) =>
        TryParse(text.Trim(), PublicKeyLength)
        ?? throw Invalid($"The text is not a public key; it must be NAME:BASE64 of {PublicKeyLength} bytes.");

    /// <summary>Reads a secret key, as its file holds it; white space around it does not count. What is read never gets
    /// into a message.</summary>
    /// <exception cref="NixRemoteException">SigningKeyInvalid.</exception>
    public static NixKey ParseSecretKey(string text) =>
        TryParse(text.Trim(), SecretKeyLength)
        ?? throw Invalid($"The text is not a secret key; it must be NAME:BASE64 of {SecretKeyLength} bytes.");

    /// <summary>Reads a signature; null if it is none, which does not make its path bad.</summary>
    public static NixKey? TryParseSignature(string text) => TryParse(text, SignatureLength);

    /// <summary><c>NAME:BASE64</c>, of a secret key too.</summary>
    public string ToText() => $"{Name}:{Convert.ToBase64String(Bytes.Span)}";

    /// <summary>The name alone: bytes may be secret.</summary>
    public override string ToString() => Name;

    private static NixKey? TryParse(string text, int length)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var bytes = new byte[length];
        return colon > 0 && text.Length - colon - 1 == (length + 2) / 3 * 4
            && Convert.TryFromBase64Chars(text.AsSpan(colon + 1), bytes, out var written) && written == length
            ? new NixKey(text[..colon], bytes)
            : null;
    }

    private static NixRemoteException Invalid(string message) => new(NixErrors.SigningKeyInvalid, message);
}
