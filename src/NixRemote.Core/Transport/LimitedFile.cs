namespace NixRemote.Transport;

/// <summary>Reads files whose path a configuration names: any of them may be a device, without a length or an end.</summary>
internal static class LimitedFile
{
    /// <summary>Reads a file as a whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">How large it may be.</param>
    /// <returns>Its bytes; null if they are more.</returns>
    /// <exception cref="IOException">It does not exist, or the system cannot read it.</exception>
    /// <exception cref="UnauthorizedAccessException">It is a folder, or not for this user to read.</exception>
    public static byte[]? Read(string path, int maxBytes)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

        // Where the length is known, one more byte shows that it is the end.
        var bytes = new byte[stream is { CanSeek: true, Length: > 0 and var length } ? Math.Min(length, maxBytes) + 1 : maxBytes + 1L];
        var count = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return count > maxBytes ? null : bytes[..count];
    }
}
