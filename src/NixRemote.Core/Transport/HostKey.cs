using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace NixRemote.Transport;

/// <summary>A public host key: its type and its bytes on the wire (RFC 4253 §6.6).</summary>
public sealed class HostKey : IEquatable<HostKey>
{
    private readonly byte[] _blob;

    private HostKey(string type, byte[] blob)
    {
        Type = type;
        _blob = blob;
    }

    /// <summary>The key's type, <c>ssh-ed25519</c>, <c>ecdsa-sha2-nistp256</c>, <c>ssh-rsa</c> …; an RSA key has one type
    /// for all its signature algorithms.</summary>
    public string Type { get; }

    /// <summary><c>SHA256:</c> and base64 without padding, as OpenSSH shows it.</summary>
    public string Fingerprint => "SHA256:" + Convert.ToBase64String(SHA256.HashData(_blob)).TrimEnd('=');

    /// <summary>The key's bytes.</summary>
    public ReadOnlySpan<byte> Blob => _blob;

    /// <summary>Takes the bytes of a key. Fields: string type, then the type's own.</summary>
    /// <returns>The key, or null if the bytes do not begin with a type.</returns>
    public static HostKey? FromBlob(byte[] blob)
    {
        ArgumentNullException.ThrowIfNull(blob);
        if (blob.Length < 4 || BinaryPrimitives.ReadUInt32BigEndian(blob) is var length && (length is 0 or > 64 || length > blob.Length - 4))
        {
            return null;
        }

        return new HostKey(Encoding.ASCII.GetString(blob, 4, (int)length), blob);
    }

    /// <summary>Reads <c>TYPE BASE64 [COMMENT]</c>; null if it is not that.</summary>
    public static HostKey? Parse(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        var words = line.Split((char[]?)null, 3, StringSplitOptions.RemoveEmptyEntries);
        var blob = words.Length < 2 ? null : new byte[words[1].Length * 3 / 4 + 3];
        if (blob is null || !Convert.TryFromBase64String(words[1], blob, out var length))
        {
            return null;
        }

        return FromBlob(blob[..length]) is { } key && key.Type == words[0] ? key : null;
    }

    /// <inheritdoc/>
    public bool Equals(HostKey? other) => other is not null && _blob.AsSpan().SequenceEqual(other._blob);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as HostKey);

    /// <inheritdoc/>
    public override int GetHashCode() => BinaryPrimitives.ReadInt32LittleEndian(SHA256.HashData(_blob));

    /// <summary>As known_hosts has it: <c>TYPE BASE64</c>.</summary>
    public override string ToString() => $"{Type} {Convert.ToBase64String(_blob)}";
}
