using System.Text;

namespace NixRemote.StoreObjects;

/// <summary>Bytes of unknown origin in messages: short and without control characters.</summary>
internal static class PrintableBytes
{
    private const int MaxShown = 64;

    /// <summary>The bytes in single quotes, what is not printable ASCII as <c>\xHH</c>, cut after 64.</summary>
    public static string Quote(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder("'");
        foreach (var b in bytes[..Math.Min(bytes.Length, MaxShown)])
        {
            if (b is >= 0x20 and < 0x7f)
            {
                text.Append((char)b);
            }
            else
            {
                text.Append("\\x").Append(b.ToString("x2"));
            }
        }

        return text.Append(bytes.Length > MaxShown ? "…'" : "'").ToString();
    }
}
