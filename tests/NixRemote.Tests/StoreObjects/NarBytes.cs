using System.Text;

namespace NixRemote.Tests.StoreObjects;

/// <summary>Archives put together token by token, also wrong ones.</summary>
internal static class NarBytes
{
    /// <summary>Padded strings, one after the other.</summary>
    public static byte[] Tokens(params string[] tokens) => [.. tokens.SelectMany(Token)];

    public static byte[] Token(string token) => Token(Encoding.UTF8.GetBytes(token));

    public static byte[] Token(byte[] token) => [.. BitConverter.GetBytes((ulong)token.Length), .. token, .. new byte[-token.Length & 7]];

    /// <summary>A whole archive of one regular file.</summary>
    public static byte[] File(byte[] contents, bool executable = false) =>
    [
        .. Tokens("nix-archive-1", "(", "type", "regular"),
        .. executable ? Tokens("executable", "") : [],
        .. Token("contents"), .. Token(contents), .. Token(")"),
    ];

    /// <summary>A whole archive of a directory with empty files of these names, in this order.</summary>
    public static byte[] Directory(params byte[][] names) =>
    [
        .. Tokens("nix-archive-1", "(", "type", "directory"),
        .. names.SelectMany(name => (byte[])
        [
            .. Tokens("entry", "(", "name"), .. Token(name),
            .. Tokens("node", "(", "type", "regular", "contents", "", ")", ")"),
        ]),
        .. Token(")"),
    ];

    /// <summary>A whole archive of directories inside one another, the last one empty.</summary>
    public static byte[] Nested(int depth)
    {
        var archive = new List<byte>(Tokens("nix-archive-1"));
        for (var i = 0; i < depth - 1; i++)
        {
            archive.AddRange(Tokens("(", "type", "directory", "entry", "(", "name", "d", "node"));
        }

        archive.AddRange(Tokens("(", "type", "directory", ")"));
        for (var i = 0; i < depth - 1; i++)
        {
            archive.AddRange(Tokens(")", ")"));
        }

        return [.. archive];
    }
}
