using System.Text;

namespace NixRemote.Transport;

/// <summary>Public keys from what lies around: public key lines, private keys in the OpenSSH format, certificates.</summary>
internal static class SshPublicKeys
{
    /// <summary>What the type of a certificate ends with.</summary>
    public const string CertificateSuffix = "-cert-v01@openssh.com";

    private const string OpenSshBegin = "-----BEGIN OPENSSH PRIVATE KEY-----";
    private const string OpenSshEnd = "-----END OPENSSH PRIVATE KEY-----";

    /// <summary>The public key of a text: a public key line, or the part of an OpenSSH private key that is never encrypted. Null if
    /// it is neither.</summary>
    public static HostKey? Of(string text)
    {
        var begin = text.IndexOf(OpenSshBegin, StringComparison.Ordinal);
        if (begin < 0)
        {
            return HostKey.Parse(text);
        }

        begin += OpenSshBegin.Length;
        var end = text.IndexOf(OpenSshEnd, begin, StringComparison.Ordinal);
        var digits = end < 0 ? "" : string.Concat(text[begin..end].Where(c => !char.IsWhiteSpace(c)));
        var bytes = new byte[digits.Length];
        if (!Convert.TryFromBase64String(digits, bytes, out var length) || !bytes.AsSpan().StartsWith("openssh-key-v1\0"u8))
        {
            return null;
        }

        // "openssh-key-v1" with a zero behind it, string cipher, string key derivation, string its options, uint32 count of keys
        // (1), string public key, string private keys (perhaps encrypted).
        var blob = bytes.AsSpan(0, length);
        var at = 15;
        return SshBlob.TryReadString(blob, ref at, out _) && SshBlob.TryReadString(blob, ref at, out _) && SshBlob.TryReadString(blob, ref at, out _)
            && SshBlob.TryReadUInt32(blob, ref at, out _) && SshBlob.TryReadString(blob, ref at, out var key)
            ? HostKey.FromBlob(key.ToArray())
            : null;
    }

    /// <summary>Whether a key is a certificate.</summary>
    public static bool IsCertificate(HostKey key) => key.Type.EndsWith(CertificateSuffix, StringComparison.Ordinal);

    /// <summary>The key that a certificate certifies; null if it is damaged, or of a type that is not known.</summary>
    public static HostKey? Certified(HostKey certificate)
    {
        // string type, string nonce, then the fields of the key itself: ed25519: string key; RSA: mpint e, mpint n; ECDSA: string
        // curve, string point; security keys: as these, and string application. The rest is about the certificate.
        var plain = certificate.Type[..^CertificateSuffix.Length];
        var (type, fields) = plain switch
        {
            "ssh-ed25519" => (plain, 1),
            "ssh-rsa" or "ssh-dss" => (plain, plain == "ssh-rsa" ? 2 : 4),
            ['e', 'c', 'd', 's', 'a', ..] => (plain, 2),
            "sk-ssh-ed25519" => ("sk-ssh-ed25519@openssh.com", 2),
            "sk-ecdsa-sha2-nistp256" => ("sk-ecdsa-sha2-nistp256@openssh.com", 3),
            _ => ("", 0),
        };
        var at = 0;
        if (fields == 0 || !SshBlob.TryReadString(certificate.Blob, ref at, out _) || !SshBlob.TryReadString(certificate.Blob, ref at, out _))
        {
            return null;
        }

        var start = at;
        for (var i = 0; i < fields; i++)
        {
            if (!SshBlob.TryReadString(certificate.Blob, ref at, out _))
            {
                return null;
            }
        }

        return HostKey.FromBlob([.. SshBlob.String(type), .. certificate.Blob[start..at]]);
    }

    /// <summary>The public key that belongs to an identity file, as far as it can be known without a passphrase.</summary>
    public static HostKey? OfIdentityFile(string file) => Read(file) is { } text && Of(text) is { } key ? key
        : Read(file + ".pub") is { } beside ? Of(beside)
        : null;

    /// <summary>The certificate in a file; null if there is none.</summary>
    public static HostKey? CertificateIn(string file) => Read(file) is { } text && HostKey.Parse(text) is { } key && IsCertificate(key) ? key : null;

    private static string? Read(string file)
    {
        try
        {
            return File.Exists(file) && LimitedFile.Read(file, TransportLimits.MaxPublicKeyBytes) is { } bytes ? Encoding.Latin1.GetString(bytes) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Whoever needs the private key tells what is wrong with it.
            System.Diagnostics.Debug.WriteLine(e);
            return null;
        }
    }
}
