namespace NixRemote.StoreObjects;

/// <summary>Files with one secret key each (nar.md §4.3).</summary>
public static class SecretKeyFile
{
    /// <summary>Bytes of such a file; arbitrary.</summary>
    private const int MaxBytes = 64 << 10;

    /// <summary>Reads a file.</summary>
    /// <exception cref="NixRemoteException">ConfigurationFileUnreadable, SigningKeyInvalid.</exception>
    public static NixKey Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            if (file.Length > MaxBytes)
            {
                throw new NixRemoteException(NixErrors.SigningKeyInvalid, $"'{path}' has {file.Length} bytes, so it is no secret key.") { Target = path };
            }

            using var reader = new StreamReader(file);
            return NixKey.ParseSecretKey(reader.ReadToEnd());
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new NixRemoteException(NixErrors.ConfigurationFileUnreadable, $"The key file '{path}' cannot be read: {exception.Message.TrimEnd('.')}.", exception)
            {
                Target = path,
            };
        }
        catch (NixRemoteException exception)
        {
            exception.Target ??= path;
            throw;
        }
    }

    /// <summary>Writes a new file that only its owner may read.</summary>
    /// <exception cref="NixRemoteException">DestinationExists, DestinationUnwritable.</exception>
    public static void Write(string path, NixKey secretKey)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            using var writer = new StreamWriter(path, options);
            writer.Write(secretKey.ToText());
        }
        catch (IOException exception) when (File.Exists(path))
        {
            throw new NixRemoteException(NixErrors.DestinationExists, $"'{path}' exists already.", exception) { Target = path };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new NixRemoteException(NixErrors.DestinationUnwritable, $"'{path}' cannot be written: {exception.Message.TrimEnd('.')}.", exception) { Target = path };
        }
    }
}
