namespace NixRemote.Transport;

/// <summary>Reads files whose path a configuration names: any of them may be a device, without a length or an end.</summary>
internal static class LimitedFile
{
    private const int FirstBytes = 4096;

    /// <summary>Reads a file as a whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">How large it may be.</param>
    /// <returns>Its bytes; null if they are more.</returns>
    /// <exception cref="IOException">It does not exist, or the system cannot read it.</exception>
    /// <exception cref="UnauthorizedAccessException">It is a folder, or not for this user to read.</exception>
    public static byte[]? Read(string path, int maxBytes)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

        // Grows with what really comes: of a device, or an empty file, the length tells nothing. Where it is known, one more byte shows that it is the end.
        var bytes = new byte[Math.Min(stream is { CanSeek: true, Length: > 0 and var length } ? length : FirstBytes, maxBytes) + 1];
        for (var count = 0; ;)
        {
            var read = stream.Read(bytes, count, bytes.Length - count);
            count += read;
            if (read == 0)
            {
                return bytes[..count];
            }

            if (count > maxBytes)
            {
                return null;
            }

            if (count == bytes.Length)
            {
                Array.Resize(ref bytes, (int)Math.Min(2L * count, maxBytes + 1L));
            }
        }
    }
}
