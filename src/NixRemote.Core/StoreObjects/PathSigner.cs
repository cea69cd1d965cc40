using System.Security.Cryptography;
using System.Text;

namespace NixRemote.StoreObjects;

/// <summary>Signs path infos with a secret key (nar.md §4.3).</summary>
public sealed class PathSigner
{
    private const int SeedLength = 32;

    private readonly NixKey _secretKey;
    private readonly ISignatureAlgorithm _algorithm;

    /// <summary>Takes a key.</summary>
    /// <param name="secretKey">The secret key: the seed, then the public key.</param>
    /// <param name="algorithm">What signs.</param>
    /// <exception cref="NixRemoteException">SigningKeyInvalid: its two halves do not belong together.</exception>
    public PathSigner(NixKey secretKey, ISignatureAlgorithm algorithm)
    {
        _secretKey = secretKey;
        _algorithm = algorithm;
        PublicKey = new NixKey(secretKey.Name, algorithm.PublicKeyOf(Seed));
        if (!PublicKey.Bytes.Span.SequenceEqual(secretKey.Bytes.Span[SeedLength..]))
        {
            throw new NixRemoteException(NixErrors.SigningKeyInvalid, $"The secret key '{secretKey.Name}' is damaged: its public half does not belong to it.");
        }
    }

    /// <summary>The public key that verifies its signatures.</summary>
    public NixKey PublicKey { get; }

    private ReadOnlySpan<byte> Seed => _secretKey.Bytes.Span[..SeedLength];

    /// <summary>A new secret key, by the system's random numbers.</summary>
    /// <param name="name">Its name, without a colon.</param>
    /// <param name="algorithm">What signs.</param>
    public static NixKey NewSecretKey(string name, ISignatureAlgorithm algorithm)
    {
        var seed = RandomNumberGenerator.GetBytes(SeedLength);
        return new NixKey(name, (byte[])[.. seed, .. algorithm.PublicKeyOf(seed)]);
    }

    /// <summary>The signature of a path, as <c>name:base64</c>.</summary>
    public string SignatureOf(PathInfo info) =>
        $"{_secretKey.Name}:{Convert.ToBase64String(_algorithm.Sign(Seed, Encoding.UTF8.GetBytes(info.ToFingerprint())))}";

    /// <summary>The info with this key's signature beside those that it has.</summary>
    public PathInfo Sign(PathInfo info) => info.WithSignatures([SignatureOf(info)]);
}
