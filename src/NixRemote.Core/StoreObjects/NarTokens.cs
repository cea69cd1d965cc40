using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace NixRemote.StoreObjects;

/// <summary>The padded strings that archives consist of (nar.md §1.1, wire.md §1).</summary>
internal static class NarTokens
{
    /// <summary>The first token of an archive.</summary>
    public static ReadOnlySpan<byte> Magic => "nix-archive-1"u8;

    /// <summary>From an entry's beginning up to its name.</summary>
    public static readonly byte[] EntryToName = Of("entry", "(", "name");

    /// <summary>From the beginning of a node up to what a directory holds.</summary>
    public static readonly byte[] Directory = Of("(", "type", "directory");

    /// <summary>The same up to a symbolic link's target.</summary>
    public static readonly byte[] Symlink = Of("(", "type", "symlink", "target");

    /// <summary>The same up to a file's size.</summary>
    public static readonly byte[] File = Of("(", "type", "regular", "contents");

    /// <summary>The same for a file that may be run.</summary>
    public static readonly byte[] ExecutableFile = Of("(", "type", "regular", "executable", "", "contents");

    /// <summary>Zeros that follow so many bytes.</summary>
    public static int PaddingOf(long length) => (int)(-length & 7);

    /// <summary>Some tokens in a row.</summary>
    public static byte[] Of(params string[] tokens)
    {
        var writer = new ArrayBufferWriter<byte>();
        foreach (var token in tokens)
        {
            Write(writer, Encoding.UTF8.GetBytes(token));
        }

        return writer.WrittenSpan.ToArray();
    }

    /// <summary>Writes a token: u64 length, the bytes, zeros up to a multiple of 8.</summary>
    public static void Write(ArrayBufferWriter<byte> writer, ReadOnlySpan<byte> token)
    {
        WriteLength(writer, token.Length);
        writer.Write(token);
        WritePadding(writer, token.Length);
    }

    /// <summary>Writes the length of a token whose bytes come from elsewhere.</summary>
    public static void WriteLength(ArrayBufferWriter<byte> writer, long length)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(writer.GetSpan(sizeof(ulong)), (ulong)length);
        writer.Advance(sizeof(ulong));
    }

    /// <summary>Writes the zeros that follow so many bytes.</summary>
    public static void WritePadding(ArrayBufferWriter<byte> writer, long length)
    {
        var padding = PaddingOf(length);
        writer.GetSpan(sizeof(ulong))[..padding].Clear();
        writer.Advance(padding);
    }
}
