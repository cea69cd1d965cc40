namespace NixRemote.StoreObjects;

/// <summary>Ed25519 (RFC 8032, pure), which the framework lacks.</summary>
public interface ISignatureAlgorithm
{
    /// <summary>The public key of a secret seed.</summary>
    /// <param name="seed">32 bytes.</param>
    byte[] PublicKeyOf(ReadOnlySpan<byte> seed);

    /// <summary>The signature of a message, 64 bytes.</summary>
    /// <param name="seed">32 bytes.</param>
    /// <param name="message">The message.</param>
    byte[] Sign(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> message);

    /// <summary>Whether a signature is of the message by the key.</summary>
    /// <param name="publicKey">32 bytes.</param>
    /// <param name="message">The message.</param>
    /// <param name="signature">64 bytes.</param>
    bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature);
}
