using NixRemote.Transport;
using Renci.SshNet;

namespace NixRemote.Adapters.Ssh;

/// <summary>Which algorithms are offered, and in which order.</summary>
internal static class SshAlgorithms
{
    /// <summary>AES-GCM first: twice as fast as SSH.NET's own first, AES-CTR. ChaCha20 is slow in managed code. CBC and 3DES are not offered.</summary>
    private static readonly string[] _ciphers =
    [
        "aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes192-ctr", "aes256-ctr", "chacha20-poly1305@openssh.com",
    ];

    private static readonly string[] _macs =
    [
        "hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha1-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512", "hmac-sha1",
    ];

    /// <summary>
    /// Post-quantum first where it is cheap: ML-KEM (OpenSSH 9.9 and later) takes 1 ms, as Curve25519 does. NTRU Prime takes 80 to
    /// 130 ms of a core for each connection in managed code, so it comes after Curve25519; <c>KexAlgorithms ^sntrup761*</c> puts it first.
    /// </summary>
    private static readonly string[] _keyExchanges =
    [
        "mlkem768x25519-sha256", "curve25519-sha256", "curve25519-sha256@libssh.org", "sntrup761x25519-sha512", "sntrup761x25519-sha512@openssh.com",
        "ecdh-sha2-nistp256", "ecdh-sha2-nistp384", "ecdh-sha2-nistp521", "diffie-hellman-group-exchange-sha256",
        "diffie-hellman-group16-sha512", "diffie-hellman-group18-sha512", "diffie-hellman-group14-sha256",
    ];

    private static readonly string[] _hostKeys =
    [
        "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "rsa-sha2-512", "rsa-sha2-256",
    ];

    /// <summary>Arranges what a connection offers.</summary>
    /// <param name="info">What SSH.NET will offer.</param>
    /// <param name="config">ssh_config's lists.</param>
    /// <param name="knownHosts">The types of the host's known keys go first, so that the server shows the one that is known.</param>
    /// <exception cref="NixRemoteException">SshOptionUnsupported: nothing is left of a list.</exception>
    public static void Arrange(ConnectionInfo info, SshHostConfig config, KnownHosts knownHosts)
    {
        Choose(info.Encryptions, "Ciphers", config.Ciphers, _ciphers);
        Choose(info.HmacAlgorithms, "MACs", config.Macs, _macs);
        Choose(info.KeyExchangeAlgorithms, "KexAlgorithms", config.KexAlgorithms, _keyExchanges);
        var types = knownHosts.KeyTypes;
        var certificates = knownHosts.CertificateAuthority is null ? [] : _hostKeys.Select(algorithm => algorithm + SshPublicKeys.CertificateSuffix);
        Choose(info.HostKeyAlgorithms, "HostKeyAlgorithms", config.HostKeyAlgorithms,
            [.. certificates, .. _hostKeys.OrderByDescending(algorithm => types.Contains(KeyType(algorithm)))]);
        Choose(info.CompressionAlgorithms, "Compression", null, config.Compression ? ["zlib@openssh.com", "none"] : ["none"]);
    }

    /// <summary>The type of the keys that an algorithm signs with: all of RSA have one.</summary>
    private static string KeyType(string algorithm) => algorithm.StartsWith("rsa-", StringComparison.Ordinal) ? "ssh-rsa" : algorithm;

    private static void Choose<T>(IOrderedDictionary<string, T> all, string option, string? specification, IReadOnlyList<string> offered)
    {
        var names = all.Keys.ToList();
        var chosen = SshAlgorithmList.Choose(specification, names, [.. offered.Where(names.Contains)]);
        if (chosen.Count == 0)
        {
            throw new NixRemoteException(NixErrors.SshOptionUnsupported,
                $"{option} '{specification}' of the SSH configuration names nothing that this client can do; it can: {string.Join(',', names)}.");
        }

        foreach (var name in names.Except(chosen))
        {
            all.Remove(name);
        }

        for (var i = 0; i < chosen.Count; i++)
        {
            all.SetPosition(chosen[i], i);
        }
    }
}
