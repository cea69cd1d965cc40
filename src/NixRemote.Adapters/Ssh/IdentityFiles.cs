using System.Security.Cryptography;
using NixRemote.Transport;
using Renci.SshNet;
using Renci.SshNet.Common;

namespace NixRemote.Adapters.Ssh;

/// <summary>Loads the private keys of a connection from their files.</summary>
internal static class IdentityFiles
{
    /// <summary>Loads all that can be used.</summary>
    /// <param name="config">The connection.</param>
    /// <param name="verbose">Told which files are passed over.</param>
    /// <param name="problems">Why files that are not required are passed over.</param>
    /// <returns>The keys, in the order to try.</returns>
    /// <exception cref="NixRemoteException">IdentityFileMissing, IdentityFileEncrypted, IdentityFileInvalid, of a file that the
    /// builder's entry or NIX_SSHOPTS names.</exception>
    public static IReadOnlyList<Identity> Load(SshHostConfig config, Action<string>? verbose, out IReadOnlyList<NixRemoteException> problems)
    {
        var identities = new List<Identity>();
        var passedOver = new List<NixRemoteException>();
        for (var i = 0; i < config.IdentityFiles.Count; i++)
        {
            try
            {
                identities.Add(Load(config.IdentityFiles[i]));
            }
            catch (NixRemoteException e) when (i >= config.RequiredIdentityFiles)
            {
                verbose?.Invoke(e.Message);
                passedOver.Add(e);
            }
        }

        problems = passedOver;
        return identities;
    }

    private static Identity Load(string file)
    {
        byte[] bytes;
        try
        {
            if (new FileInfo(file) is { Exists: true, Length: > SshLimits.MaxIdentityBytes } large)
            {
                throw Problem(NixErrors.IdentityFileInvalid, file, $"has {large.Length} bytes; a key has at most {SshLimits.MaxIdentityBytes}", null);
            }

            bytes = File.ReadAllBytes(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Problem(NixErrors.IdentityFileMissing, file, "does not exist", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Problem(NixErrors.IdentityFileMissing, file, $"cannot be read ({e.Message})", e);
        }

        try
        {
            using var stream = new MemoryStream(bytes);
            var key = new PrivateKeyFile(stream);

            // The first one that SSH.NET offers an RSA key with is SHA-1: no sshd of today takes it, and each costs an attempt.
            return new Identity(file, [.. key.HostKeyAlgorithms
                .Where(algorithm => algorithm.Name != "ssh-rsa")
                .OrderByDescending(algorithm => algorithm.Name == "rsa-sha2-512")]);
        }
        catch (SshPassPhraseNullOrEmptyException e)
        {
            throw Problem(NixErrors.IdentityFileEncrypted, file, "is protected by a passphrase", e);
        }
        catch (Exception e) when (bytes.AsSpan().IndexOf("BEGIN ENCRYPTED PRIVATE KEY"u8) >= 0)
        {
            throw Problem(NixErrors.IdentityFileEncrypted, file, "is protected by a passphrase", e);
        }
        catch (Exception e) when (IsUnreadable(e))
        {
            var hint = bytes.AsSpan().StartsWith("ssh-"u8) || bytes.AsSpan().StartsWith("ecdsa-"u8) ? " (it is a public key)" : "";
            throw Problem(NixErrors.IdentityFileInvalid, file, $"is not a private key that can be read{hint}: {e.Message}", e);
        }
    }

    /// <summary>What parsers throw at damaged keys.</summary>
    private static bool IsUnreadable(Exception e) => e is SshException or FormatException or NotSupportedException or ArgumentException
        or CryptographicException or InvalidOperationException or IOException or IndexOutOfRangeException or OverflowException
        or OutOfMemoryException or InvalidCastException or System.Formats.Asn1.AsnContentException;

    private static NixRemoteException Problem(ErrorDefinition definition, string file, string problem, Exception? inner) =>
        new(definition, $"The identity file '{file}' {problem}.", inner) { Target = file };
}
