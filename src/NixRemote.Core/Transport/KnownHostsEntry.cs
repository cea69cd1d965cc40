using System.Security.Cryptography;
using System.Text;

namespace NixRemote.Transport;

/// <summary>One line of a known_hosts file: <c>[@MARKER] HOSTS TYPE BASE64 [COMMENT]</c>.</summary>
public sealed record KnownHostsEntry
{
    /// <summary>What a hashed name begins with.</summary>
    internal const string HashMagic = "|1|";

    /// <summary>The marker.</summary>
    public required KnownHostsMarker Marker { get; init; }

    /// <summary>The host patterns, or one hashed name, as written.</summary>
    public required string Hosts { get; init; }

    /// <summary>The key.</summary>
    public required HostKey Key { get; init; }

    /// <summary>The file.</summary>
    public required string File { get; init; }

    /// <summary>The line, from 1.</summary>
    public required int Line { get; init; }

    /// <summary>Whether the line is about a host.</summary>
    /// <param name="name">The name as known_hosts has it: lower case, <c>[host]:port</c> unless the port is 22.</param>
    public bool Matches(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!Hosts.StartsWith(HashMagic, StringComparison.Ordinal))
        {
            return SshPattern.MatchesHostList(name, Hosts);
        }

        // |1|base64 salt|base64 HMAC-SHA1(salt, name)
        var parts = Hosts[HashMagic.Length..].Split('|');
        Span<byte> salt = stackalloc byte[SHA1.HashSizeInBytes];
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        return parts.Length == 2
            && Convert.TryFromBase64String(parts[0], salt, out var saltLength) && saltLength == salt.Length
            && Convert.TryFromBase64String(parts[1], hash, out var hashLength) && hashLength == hash.Length
            && CryptographicOperations.FixedTimeEquals(HMACSHA1.HashData(salt, Encoding.UTF8.GetBytes(name)), hash);
    }

    /// <summary><c>FILE line N</c>.</summary>
    public override string ToString() => $"{File} line {Line}";

    /// <summary>Reads a line that is neither empty nor a comment; null if it is not an entry.</summary>
    internal static KnownHostsEntry? Parse(string text, string file, int line)
    {
        var words = text.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries);
        var marker = words[0] switch
        {
            "@cert-authority" => KnownHostsMarker.CertificateAuthority,
            "@revoked" => KnownHostsMarker.Revoked,
            _ => KnownHostsMarker.None,
        };
        if (marker != KnownHostsMarker.None)
        {
            words = words.Length < 2 ? [] : words[1].Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries);
        }

        return words.Length == 2 && words[0][0] != '@' && HostKey.Parse(words[1]) is { } key
            ? new KnownHostsEntry { Marker = marker, Hosts = words[0], Key = key, File = file, Line = line }
            : null;
    }
}
