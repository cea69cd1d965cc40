using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using NixRemote.StoreObjects;

namespace NixRemote.Diagnosis.Registration;

/// <summary>A new Ed25519 key for SSH, in OpenSSH's own formats (PROTOCOL.key of OpenSSH), without a passphrase, as daemons need it.</summary>
/// <param name="PublicLine">The public key as authorized_keys has it: <c>ssh-ed25519 BASE64 COMMENT</c>.</param>
/// <param name="PrivateText">The private key as its file has it.</param>
public sealed record SshKeyPair(string PublicLine, string PrivateText)
{
    private const string Type = "ssh-ed25519";
    private const int LineLength = 70;
    private const int BlockSize = 8;

    /// <summary>Makes a key.</summary>
    /// <param name="algorithm">Ed25519.</param>
    /// <param name="comment">What the key is called; one line.</param>
    public static SshKeyPair Create(ISignatureAlgorithm algorithm, string comment)
    {
        ArgumentNullException.ThrowIfNull(algorithm);
        var seed = RandomNumberGenerator.GetBytes(32);
        var publicKey = algorithm.PublicKeyOf(seed);

        // Public: string type, string key.
        var blob = Join(Text(Type), Bytes(publicKey));

        // Private: the same random number twice, string type, string public key, string seed and public key, string comment; padded with 1, 2, 3 …
        var check = RandomNumberGenerator.GetBytes(sizeof(uint));
        var secret = Join(check, check, Text(Type), Bytes(publicKey), Bytes([.. seed, .. publicKey]), Text(comment));
        var padding = Enumerable.Range(1, (BlockSize - secret.Length % BlockSize) % BlockSize).Select(i => (byte)i).ToArray();

        // File: magic, string cipher, string key derivation, string its options, count of keys, string public key, string private keys.
        var file = Join("openssh-key-v1\0"u8.ToArray(), Text("none"), Text("none"), Text(""), Number(1), Bytes(blob), Bytes([.. secret, .. padding]));
        var text = new StringBuilder("-----BEGIN OPENSSH PRIVATE KEY-----\n");
        foreach (var line in Convert.ToBase64String(file).Chunk(LineLength))
        {
            text.Append(line).Append('\n');
        }

        text.Append("-----END OPENSSH PRIVATE KEY-----\n");
        return new SshKeyPair($"{Type} {Convert.ToBase64String(blob)} {comment}", text.ToString());
    }

    /// <summary>Writes both files, <paramref name="file"/> and <c>FILE.pub</c>; the private one for its owner only.</summary>
    /// <exception cref="NixRemoteException">DestinationExists, DestinationUnwritable.</exception>
    public void Write(string file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(file)) is { } folder && !Directory.Exists(folder))
            {
                Directory.CreateDirectory(folder);
            }

            using (var stream = new FileStream(file, options))
            {
                stream.Write(Encoding.ASCII.GetBytes(PrivateText));
            }

            File.WriteAllText(file + ".pub", PublicLine + "\n");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw File.Exists(file) && failure is IOException
                ? new NixRemoteException(NixErrors.DestinationExists, $"The key file '{file}' exists.", failure)
                {
                    Target = file,
                    RecommendedAction = "Use that key with -IdentityFile and without -NewKey, or give another -IdentityFile.",
                }
                : new NixRemoteException(NixErrors.DestinationUnwritable, $"The key file '{file}' cannot be written: {failure.Message.TrimEnd('.')}.", failure) { Target = file };
        }
    }

    private static byte[] Text(string text) => Bytes(Encoding.UTF8.GetBytes(text));

    private static byte[] Bytes(byte[] bytes) => [.. Number((uint)bytes.Length), .. bytes];

    private static byte[] Number(uint number)
    {
        var bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return bytes;
    }

    private static byte[] Join(params byte[][] parts) => [.. parts.SelectMany(part => part)];
}
