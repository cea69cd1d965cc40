using System.Net;
using System.Security.Cryptography;
using NixRemote.Transport;
using Renci.SshNet;
using Renci.SshNet.Common;
using Renci.SshNet.Security;

namespace NixRemote.Adapters.Ssh;

/// <summary>Reads private keys from their files.</summary>
internal static class PrivateKeys
{
    private const UnixFileMode OthersMay = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Reads a key.</summary>
    /// <param name="file">The file.</param>
    /// <param name="options">The passphrases to try.</param>
    /// <returns>Its signature algorithms, the best first.</returns>
    /// <exception cref="NixRemoteException">IdentityFileMissing, IdentityFileUnreadable, IdentityFileTooOpen, IdentityFileEncrypted,
    /// IdentityPassphraseWrong, IdentityFileInvalid.</exception>
    public static IReadOnlyList<HostAlgorithm> Read(string file, SshOptions options)
    {
        var bytes = ReadBytes(file);
        string?[] passphrases = [null, .. Passphrases(options)];
        NixRemoteException? locked = null;
        foreach (var passphrase in passphrases)
        {
            try
            {
                return Parse(file, bytes, passphrase);
            }
            catch (NixRemoteException e) when (e.Definition == NixErrors.IdentityFileEncrypted || e.Definition == NixErrors.IdentityPassphraseWrong)
            {
                locked = e;
            }
        }

        throw locked!;
    }

    private static IEnumerable<string> Passphrases(SshOptions options)
    {
        if (options.KeyPassphrase is { Length: > 0 } passphrase)
        {
            yield return new NetworkCredential("", passphrase).Password;
        }

        if (options.Credential is { } credential && credential.Password.Length > 0)
        {
            yield return credential.Password;
        }
    }

    private static byte[] ReadBytes(string file)
    {
        // The system's answer to reading a folder is that access is denied.
        if (Directory.Exists(file))
        {
            throw Problem(NixErrors.IdentityFileInvalid, file, "is a folder", null, "Name the file of the private key that is in it.");
        }

        try
        {
            var bytes = LimitedFile.Read(file, SshLimits.MaxIdentityBytes)
                ?? throw Problem(NixErrors.IdentityFileInvalid, file, $"has more than {SshLimits.MaxIdentityBytes} bytes, which no key has", null);
            if (!OperatingSystem.IsWindows() && File.GetUnixFileMode(file) is var mode && (mode & OthersMay) != 0 && bytes.AsSpan().IndexOf("PRIVATE KEY"u8) >= 0 && FileOwner.IsThisUser(file))
            {
                throw Problem(NixErrors.IdentityFileTooOpen, file, $"can be used by others (mode {Convert.ToString((int)mode, 8)})", null, $"chmod 600 '{file}'");
            }

            return bytes;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Problem(NixErrors.IdentityFileMissing, file, "does not exist", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw Problem(NixErrors.IdentityFileUnreadable, file, $"is not for this user to read ({e.Message.TrimEnd('.')})", e);
        }
        catch (IOException e)
        {
            throw Problem(NixErrors.IdentityFileUnreadable, file, $"cannot be read ({e.Message.TrimEnd('.')})", e, "Check the path, and the disk or share that the file is on.");
        }
    }

    private static HostAlgorithm[] Parse(string file, byte[] bytes, string? passphrase)
    {
        try
        {
            using var stream = new MemoryStream(bytes);
            var key = new PrivateKeyFile(stream, passphrase);

            // The first one that SSH.NET offers an RSA key with is SHA-1: no sshd of today takes it, and each costs an attempt.
            return [.. key.HostKeyAlgorithms
                .Where(algorithm => algorithm.Name != "ssh-rsa")
                .OrderByDescending(algorithm => algorithm.Name == "rsa-sha2-512")];
        }
        catch (SshPassPhraseNullOrEmptyException e)
        {
            throw Problem(NixErrors.IdentityFileEncrypted, file, "is protected by a passphrase", e);
        }
        catch (Exception e) when (IsUnreadable(e) && passphrase is not null)
        {
            // Only a locked key is tried with a passphrase, and what a wrong one opens is noise of any kind.
            throw Problem(NixErrors.IdentityPassphraseWrong, file, "is not opened by the passphrase that was given", e);
        }
        catch (Exception e) when (bytes.AsSpan().IndexOf("BEGIN ENCRYPTED PRIVATE KEY"u8) >= 0)
        {
            throw Problem(NixErrors.IdentityFileEncrypted, file, "is protected by a passphrase", e);
        }
        catch (Exception e) when (IsUnreadable(e))
        {
            throw Problem(NixErrors.IdentityFileInvalid, file, $"is not a private key that can be read{(IsPublic(bytes) ? " (it is a public key)" : "")}: {e.Message}", e);
        }
    }

    private static bool IsPublic(byte[] bytes) =>
        bytes.AsSpan().StartsWith("ssh-"u8) || bytes.AsSpan().StartsWith("ecdsa-"u8) || bytes.AsSpan().StartsWith("sk-"u8);

    /// <summary>What parsers throw at damaged keys.</summary>
    private static bool IsUnreadable(Exception e) => e is SshException or FormatException or NotSupportedException or ArgumentException
        or CryptographicException or InvalidOperationException or IOException or IndexOutOfRangeException or OverflowException
        or OutOfMemoryException or InvalidCastException or System.Formats.Asn1.AsnContentException
        || e.GetType().Namespace?.StartsWith("Org.BouncyCastle", StringComparison.Ordinal) == true;

    private static NixRemoteException Problem(ErrorDefinition definition, string file, string problem, Exception? inner, string? cure = null)
    {
        var failure = new NixRemoteException(definition, $"The identity file '{file}' {problem}.", inner) { Target = file };
        failure.RecommendedAction = cure ?? failure.RecommendedAction;
        return failure;
    }
}
