using System.Security.Cryptography;

namespace NixRemote.StoreObjects;

/// <summary>A digest with its algorithm, and its text forms (nar.md §2).</summary>
public readonly struct NixHash : IEquatable<NixHash>
{
    private readonly byte[]? _digest;

    /// <summary>Wraps a digest; its length must be the algorithm's.</summary>
    public NixHash(NixHashAlgorithm algorithm, byte[] digest)
    {
        if (digest.Length != DigestLength(algorithm))
        {
            throw new ArgumentException($"A {algorithm} digest has {DigestLength(algorithm)} bytes, not {digest.Length}.", nameof(digest));
        }

        Algorithm = algorithm;
        _digest = digest;
    }

    /// <summary>The algorithm.</summary>
    public NixHashAlgorithm Algorithm { get; }

    /// <summary>The digest.</summary>
    public ReadOnlySpan<byte> Digest => _digest;

    /// <summary>SHA-256 of the bytes.</summary>
    public static NixHash Sha256(ReadOnlySpan<byte> bytes) => new(NixHashAlgorithm.Sha256, SHA256.HashData(bytes));

    /// <summary>Bytes of a digest.</summary>
    public static int DigestLength(NixHashAlgorithm algorithm) => algorithm switch
    {
        NixHashAlgorithm.Md5 => 16,
        NixHashAlgorithm.Sha1 => 20,
        NixHashAlgorithm.Sha256 or NixHashAlgorithm.Blake3 => 32,
        NixHashAlgorithm.Sha512 => 64,
        _ => throw new ArgumentOutOfRangeException(nameof(algorithm)),
    };

    /// <summary>Reads <c>algo:digest</c>, an SRI hash, or, if an algorithm is given, a bare digest; base 16, nix32 or
    /// base 64 by its length.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, NixHashAlgorithm? expected, out NixHash hash)
    {
        hash = default;
        var separator = text.IndexOfAny(':', '-');
        var algorithm = expected;
        if (separator >= 0)
        {
            if (!TryParseAlgorithm(text[..separator], out var named) || (expected is not null && expected != named))
            {
                return false;
            }

            algorithm = named;
        }

        if (algorithm is null)
        {
            return false;
        }

        var digits = text[(separator + 1)..];
        var length = DigestLength(algorithm.Value);
        var digest = new byte[length];
        var sri = separator >= 0 && text[separator] == '-';
        bool read;
        if (!sri && digits.Length == 2 * length)
        {
            read = TryDecodeBase16(digits, digest);
        }
        else if (!sri && digits.Length == NixBase32.EncodedLength(length))
        {
            read = NixBase32.TryDecode(digits, digest);
        }
        else
        {
            read = digits.Length == (length + 2) / 3 * 4
                && Convert.TryFromBase64Chars(digits, digest, out var written) && written == length;
        }

        if (read)
        {
            hash = new NixHash(algorithm.Value, digest);
        }

        return read;
    }

    /// <summary>Lower-case hexadecimal digits, without algorithm.</summary>
    public string ToBase16() => Convert.ToHexString(Digest).ToLowerInvariant();

    /// <summary>nix32 digits, without algorithm.</summary>
    public string ToNixBase32() => NixBase32.Encode(Digest);

    /// <summary><c>algo-base64</c>.</summary>
    public string ToSri() => $"{AlgorithmName}-{Convert.ToBase64String(Digest)}";

    /// <summary>The name of the algorithm in texts: <c>sha256</c>.</summary>
    public string AlgorithmName => Algorithm.ToString().ToLowerInvariant();

    /// <summary><c>algo:nix32</c>, the form of path infos.</summary>
    public override string ToString() => $"{AlgorithmName}:{ToNixBase32()}";

    /// <inheritdoc/>
    public bool Equals(NixHash other) => Algorithm == other.Algorithm && Digest.SequenceEqual(other.Digest);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is NixHash other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Digest.Length < 4 ? 0 : BitConverter.ToInt32(Digest);

    /// <summary>Equality of algorithm and digest.</summary>
    public static bool operator ==(NixHash left, NixHash right) => left.Equals(right);

    /// <summary>Inequality of algorithm or digest.</summary>
    public static bool operator !=(NixHash left, NixHash right) => !left.Equals(right);

    /// <summary>Reads the name of an algorithm in texts: <c>sha256</c>.</summary>
    public static bool TryParseAlgorithm(ReadOnlySpan<char> name, out NixHashAlgorithm algorithm)
    {
        (var known, algorithm) = name switch
        {
            "md5" => (true, NixHashAlgorithm.Md5),
            "sha1" => (true, NixHashAlgorithm.Sha1),
            "sha256" => (true, NixHashAlgorithm.Sha256),
            "sha512" => (true, NixHashAlgorithm.Sha512),
            "blake3" => (true, NixHashAlgorithm.Blake3),
            _ => (false, default),
        };
        return known;
    }

    private static bool TryDecodeBase16(ReadOnlySpan<char> digits, Span<byte> bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            if (!byte.TryParse(digits.Slice(2 * i, 2), System.Globalization.NumberStyles.AllowHexSpecifier, null, out bytes[i]))
            {
                return false;
            }
        }

        return true;
    }
}
