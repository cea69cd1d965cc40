using System.Security.Cryptography;
using System.Text;

namespace NixRemote.Transport;

/// <summary>Adds keys to the user's known_hosts file, as OpenSSH does for StrictHostKeyChecking accept-new.</summary>
public static class KnownHostsFile
{
    private static readonly object _lock = new();

    /// <summary>
    /// Adds a line <c>HOST TYPE BASE64</c>, the host hashed if HashKnownHosts says so. The file is made if it is not
    /// there, for all to read, and its folder for its owner only; a last line without an end gets one.
    /// </summary>
    /// <param name="config">The connection: its name, port, alias and files.</param>
    /// <param name="key">The key that the host has shown.</param>
    /// <returns>The file; null if the configuration names none.</returns>
    /// <exception cref="NixRemoteException">DestinationUnwritable.</exception>
    public static string? Add(SshHostConfig config, HostKey key)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(key);
        if (config.UserKnownHostsFiles is not [var file, ..])
        {
            return null;
        }

        try
        {
            // Several connections may come to know the same host at the same time: one of them writes it.
            lock (_lock)
            {
                if (KnownHosts.Load(config).Check(key).Status == HostKeyStatus.Unknown)
                {
                    Append(file, $"{(config.HashKnownHosts ? Hash(config.KnownHostName) : config.KnownHostName.ToLowerInvariant())} {key}\n");
                }
            }

            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NixRemoteException(NixErrors.DestinationUnwritable, $"The host key cannot be added to '{file}': {e.Message.TrimEnd('.')}.", e)
            {
                Target = file,
            };
        }
    }

    private static void Append(string file, string line)
    {
        MakeFolder(Path.GetDirectoryName(Path.GetFullPath(file))!);
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        }

        using var stream = new FileStream(file, options);
        if (stream.Length > 0)
        {
            stream.Seek(-1, SeekOrigin.End);
            if (stream.ReadByte() != '\n')
            {
                line = "\n" + line;
            }
        }

        // In one piece, so that another program that adds a line at the same time does not get into the middle.
        stream.Write(Encoding.UTF8.GetBytes(line));
    }

    private static void MakeFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary><c>|1|base64 salt|base64 HMAC-SHA1(salt, name)</c>.</summary>
    private static string Hash(string name)
    {
        var salt = RandomNumberGenerator.GetBytes(SHA1.HashSizeInBytes);
        return $"{KnownHostsEntry.HashMagic}{Convert.ToBase64String(salt)}|{Convert.ToBase64String(HMACSHA1.HashData(salt, Encoding.UTF8.GetBytes(name.ToLowerInvariant())))}";
    }
}
