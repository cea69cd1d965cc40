using System.Text;

namespace NixRemote.Builders;

/// <summary>A configuration file, read whole within <see cref="BuildersLimits.TextBytes"/>.</summary>
/// <param name="State">Whether it was there.</param>
/// <param name="Text">Its text without a byte order mark; empty if it was not read.</param>
/// <param name="Bytes">Its size in bytes.</param>
/// <param name="HasInvalidUtf8">Whether bytes that are not UTF-8 were replaced by U+FFFD.</param>
/// <param name="HasByteOrderMark">Whether a UTF-8 byte order mark was skipped.</param>
/// <param name="Failure">Why it was not read, or null.</param>
internal sealed record ConfigurationFile(
    ConfigurationSourceState State, string Text, int Bytes, bool HasInvalidUtf8, bool HasByteOrderMark, string? Failure)
{
    private static readonly UTF8Encoding _strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a file; whatever the system says against it is the <see cref="Failure"/>.</summary>
    public static ConfigurationFile Read(string path)
    {
        try
        {
            if (Directory.Exists(path))
            {
                return Unreadable("It is a directory.");
            }

            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return ReadStream(stream);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return new ConfigurationFile(ConfigurationSourceState.Missing, "", 0, false, false, "It does not exist.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            return Unreadable(failure.Message);
        }
    }

    /// <summary>Takes a text as if it had been read from a file: half a surrogate pair is no more text than bytes that are not UTF-8.</summary>
    public static ConfigurationFile FromText(string text)
    {
        if (Encoding.UTF8.GetMaxByteCount(text.Length) > BuildersLimits.TextBytes && Encoding.UTF8.GetByteCount(text) > BuildersLimits.TextBytes)
        {
            return Unreadable($"It is longer than {BuildersLimits.TextBytes} bytes.");
        }

        var valid = text.AsSpan().ContainsAnyInRange('\ud800', '\udfff') ? Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) : text;
        var hasMark = valid.StartsWith('\ufeff');
        return new ConfigurationFile(ConfigurationSourceState.Read, hasMark ? valid[1..] : valid, text.Length, valid != text, hasMark, null);
    }

    private static ConfigurationFile ReadStream(Stream stream)
    {
        // Not the length that the file claims: devices and pipes have none.
        using var content = new MemoryStream();
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = stream.Read(buffer)) > 0)
        {
            if (content.Length + read > BuildersLimits.TextBytes)
            {
                return Unreadable($"It is longer than {BuildersLimits.TextBytes} bytes: no builders configuration is.");
            }

            content.Write(buffer, 0, read);
        }

        var bytes = content.GetBuffer().AsSpan(0, (int)content.Length);
        if (bytes.Length >= 2 && ((bytes[0] == 0xff && bytes[1] == 0xfe) || (bytes[0] == 0xfe && bytes[1] == 0xff)))
        {
            return Unreadable("It is UTF-16 text, and Nix reads UTF-8 only.");
        }

        var hasMark = bytes.StartsWith((ReadOnlySpan<byte>)[0xef, 0xbb, 0xbf]);
        var body = hasMark ? bytes[3..] : bytes;
        try
        {
            return new ConfigurationFile(ConfigurationSourceState.Read, _strictUtf8.GetString(body), bytes.Length, false, hasMark, null);
        }
        catch (DecoderFallbackException)
        {
            return new ConfigurationFile(ConfigurationSourceState.Read, Encoding.UTF8.GetString(body), bytes.Length, true, hasMark, null);
        }
    }

    private static ConfigurationFile Unreadable(string why) => new(ConfigurationSourceState.Unreadable, "", 0, false, false, why);
}
