using System.Text;

namespace NixRemote.Builders;

/// <summary>The pinned host key's two forms: base64 in columns and NixOS, a plain line in TOML (machines.md §2.3 column 7, §5.1).</summary>
/// <remarks>A key that is no text is kept all the same, so that a pin never gets lost: a byte that is not UTF-8 becomes the lone
/// surrogate U+DC00 + byte, and back.</remarks>
internal static class HostKeyText
{
    private static readonly UTF8Encoding _strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Decodes as Nix does: up to the first <c>=</c>; null if there is a character outside the alphabet.</summary>
    public static string? FromBase64(ReadOnlySpan<char> encoded)
    {
        var end = encoded.IndexOf('=');
        var digits = end < 0 ? encoded : encoded[..end];
        var bytes = new byte[digits.Length * 6 / 8];
        var length = 0;
        var buffer = 0;
        var bits = 0;
        foreach (var digit in digits)
        {
            var value = digit switch
            {
                >= 'A' and <= 'Z' => digit - 'A',
                >= 'a' and <= 'z' => digit - 'a' + 26,
                >= '0' and <= '9' => digit - '0' + 52,
                '+' => 62,
                '/' => 63,
                _ => -1,
            };
            if (value < 0)
            {
                return null;
            }

            buffer = ((buffer << 6) | value) & 0xffff;
            bits += 6;
            if (bits >= 8)
            {
                bits -= 8;
                bytes[length++] = (byte)(buffer >> bits);
            }
        }

        return FromBytes(bytes.AsSpan(0, length));
    }

    /// <summary>Encodes a key line, or what <see cref="FromBase64"/> made of other bytes.</summary>
    public static string ToBase64(string key)
    {
        var bytes = new List<byte>(key.Length);
        Span<byte> encoded = stackalloc byte[4];
        for (var index = 0; index < key.Length;)
        {
            if (key[index] is >= '\udc80' and <= '\udcff' && (index == 0 || !char.IsHighSurrogate(key[index - 1])))
            {
                bytes.Add((byte)(key[index++] - 0xdc00));
                continue;
            }

            Rune.DecodeFromUtf16(key.AsSpan(index), out var rune, out var used);
            bytes.AddRange(encoded[..rune.EncodeToUtf8(encoded)]);
            index += used;
        }

        return Convert.ToBase64String([.. bytes]);
    }

    /// <summary>Whether all bytes of the key are text.</summary>
    public static bool IsText(string key)
    {
        for (var index = 0; index < key.Length; index++)
        {
            if (char.IsHighSurrogate(key[index]) && index + 1 < key.Length && char.IsLowSurrogate(key[index + 1]))
            {
                index++;
            }
            else if (char.IsSurrogate(key[index]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether it looks like a public key line: <c>type base64 [comment]</c>.</summary>
    public static bool IsKeyLine(string key)
    {
        var line = key.AsSpan().TrimStart(" \t");
        var blank = line.IndexOfAny(' ', '\t');
        if (blank <= 0 || !line[blank..].TrimStart(" \t").StartsWith("AAAA") || !(line.StartsWith("ssh-") || line.StartsWith("ecdsa-") || line.StartsWith("sk-")))
        {
            return false;
        }

        foreach (var character in line)
        {
            if (character is not ('\t' or >= ' ' and < '\ud800'))
            {
                return false;
            }
        }

        return true;
    }

    private static string FromBytes(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return _strictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            var text = new StringBuilder(bytes.Length);
            while (bytes.Length > 0)
            {
                if (Rune.DecodeFromUtf8(bytes, out var rune, out var used) == System.Buffers.OperationStatus.Done)
                {
                    text.Append(rune.ToString());
                    bytes = bytes[used..];
                }
                else
                {
                    text.Append((char)(0xdc00 + bytes[0]));
                    bytes = bytes[1..];
                }
            }

            return text.ToString();
        }
    }
}
