using System.Buffers.Binary;
using System.Text;

namespace NixRemote.Transport;

/// <summary>The data types of SSH (RFC 4251 §5): uint32, and strings of bytes with their length in front.</summary>
internal static class SshBlob
{
    /// <summary>Reads a number and moves behind it; false at the end.</summary>
    public static bool TryReadUInt32(ReadOnlySpan<byte> bytes, ref int at, out uint value)
    {
        value = 0;
        if (bytes.Length - at < 4)
        {
            return false;
        }

        value = BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
        at += 4;
        return true;
    }

    /// <summary>Reads a string and moves behind it; false if it is longer than what is left.</summary>
    public static bool TryReadString(ReadOnlySpan<byte> bytes, ref int at, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (!TryReadUInt32(bytes, ref at, out var length) || length > bytes.Length - at)
        {
            return false;
        }

        value = bytes.Slice(at, (int)length);
        at += (int)length;
        return true;
    }

    /// <summary>Writes a string and moves behind it.</summary>
    public static void WriteString(Span<byte> bytes, ref int at, ReadOnlySpan<byte> value)
    {
        BinaryPrimitives.WriteInt32BigEndian(bytes[at..], value.Length);
        value.CopyTo(bytes[(at + 4)..]);
        at += 4 + value.Length;
    }

    /// <summary>A string with its length in front.</summary>
    public static byte[] String(string text)
    {
        var bytes = new byte[4 + Encoding.UTF8.GetByteCount(text)];
        var at = 0;
        WriteString(bytes, ref at, Encoding.UTF8.GetBytes(text));
        return bytes;
    }
}
