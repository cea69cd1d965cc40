using System.Text;

namespace NixRemote.Stores;

/// <summary>Percent-encoding of URI parts (RFC 3986 §2.1) as Nix applies it.</summary>
internal static class PercentEncoding
{
    private static readonly UTF8Encoding _strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Encodes all bytes but the unreserved ones and those in <paramref name="keep"/>.</summary>
    public static string Encode(string text, string keep)
    {
        var result = new StringBuilder(text.Length);
        foreach (var value in Encoding.UTF8.GetBytes(text))
        {
            var character = (char)value;
            if (char.IsAsciiLetterOrDigit(character) || "-._~".Contains(character) || keep.Contains(character))
            {
                result.Append(character);
            }
            else
            {
                result.Append('%').Append(value.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
            }
        }

        return result.ToString();
    }

    /// <summary>Decodes; null if a <c>%</c> is not followed by two hexadecimal digits, or the result is not UTF-8 or has a NUL.</summary>
    public static string? Decode(string text)
    {
        if (!text.Contains('%'))
        {
            return text;
        }

        var bytes = new List<byte>(text.Length);
        var rest = text.AsSpan();
        Span<byte> encoded = stackalloc byte[4];
        while (rest.Length > 0)
        {
            if (rest[0] == '%')
            {
                if (rest.Length < 3 || !char.IsAsciiHexDigit(rest[1]) || !char.IsAsciiHexDigit(rest[2]))
                {
                    return null;
                }

                bytes.Add(Convert.ToByte(rest[1..3].ToString(), 16));
                rest = rest[3..];
            }
            else
            {
                Rune.DecodeFromUtf16(rest, out var rune, out var used);
                bytes.AddRange(encoded[..rune.EncodeToUtf8(encoded)]);
                rest = rest[used..];
            }
        }

        try
        {
            var decoded = _strictUtf8.GetString([.. bytes]);
            return decoded.Contains('\0') ? null : decoded;
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
