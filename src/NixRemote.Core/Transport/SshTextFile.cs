namespace NixRemote.Transport;

/// <summary>Reads the text files of SSH's configuration.</summary>
internal static class SshTextFile
{
    /// <summary>Reads a file as a whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">How large it may be.</param>
    /// <returns>Its text, or null if there is no such file.</returns>
    /// <exception cref="NixRemoteException">ConfigurationFileUnreadable.</exception>
    public static string? Read(string path, int maxBytes)
    {
        try
        {
            var bytes = LimitedFile.Read(path, maxBytes) ?? throw Unreadable(path, $"it has more than {maxBytes} bytes", null);
            using var text = new StreamReader(new MemoryStream(bytes));
            return text.ReadToEnd();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, e.Message.TrimEnd('.'), e);
        }
    }

    private static NixRemoteException Unreadable(string path, string reason, Exception? inner) =>
        new(NixErrors.ConfigurationFileUnreadable, $"'{path}' cannot be read: {reason}.", inner) { Target = path };
}
