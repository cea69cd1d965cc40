namespace NixRemote.StoreObjects;

/// <summary>Nix's own base 32 ("nix32"), nar.md §2: no e, o, u, t; the last digit holds the lowest bits.</summary>
public static class NixBase32
{
    private const string Alphabet = "0123456789abcdfghijklmnpqrsvwxyz";

    private static readonly sbyte[] Digits = DigitTable();

    /// <summary>Digits for a number of bytes: 20 → 32, 32 → 52.</summary>
    public static int EncodedLength(int byteCount) => byteCount == 0 ? 0 : (byteCount * 8 - 1) / 5 + 1;

    /// <summary>The nix32 text of the bytes.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        var length = EncodedLength(bytes.Length);
        Span<char> text = length <= 256 ? stackalloc char[length] : new char[length];
        for (var k = 0; k < length; k++)
        {
            var bit = k * 5;
            var i = bit / 8;
            var j = bit % 8;
            var value = bytes[i] >> j;
            if (i + 1 < bytes.Length)
            {
                value |= bytes[i + 1] << (8 - j);
            }

            text[length - 1 - k] = Alphabet[value & 31];
        }

        return new string(text);
    }

    /// <summary>Reads nix32 digits into exactly <paramref name="bytes"/>; false on a foreign digit, another length
    /// or bits that do not fit.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        if (text.Length != EncodedLength(bytes.Length))
        {
            return false;
        }

        bytes.Clear();
        for (var k = 0; k < text.Length; k++)
        {
            var digit = Digit(text[text.Length - 1 - k]);
            if (digit < 0)
            {
                return false;
            }

            var bit = k * 5;
            var i = bit / 8;
            var j = bit % 8;
            bytes[i] |= (byte)(digit << j);
            var carry = digit >> (8 - j);
            if (i + 1 < bytes.Length)
            {
                bytes[i + 1] |= (byte)carry;
            }
            else if (carry != 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether the character is a nix32 digit.</summary>
    public static bool IsDigit(char c) => Digit(c) >= 0;

    private static int Digit(char c) => c < Digits.Length ? Digits[c] : -1;

    // The value of each ASCII character as a digit, or -1. Store paths are read by the hundred thousand.
    private static sbyte[] DigitTable()
    {
        var table = new sbyte[128];
        Array.Fill(table, (sbyte)-1);
        for (var i = 0; i < Alphabet.Length; i++)
        {
            table[Alphabet[i]] = (sbyte)i;
        }

        return table;
    }
}
