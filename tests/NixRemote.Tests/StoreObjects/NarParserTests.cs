using System.Text;
using NixRemote.StoreObjects;
using static NixRemote.Tests.StoreObjects.NarBytes;

namespace NixRemote.Tests.StoreObjects;

public sealed class NarParserTests
{
    // nar.md §9
    [Fact]
    public void The_directory_of_the_vectors_holds_what_was_put_into_it()
    {
        var archive = Vectors.Read("d.nar");

        Assert.Equal(1264, archive.Length);
        Assert.Equal("ba488f4f7982f4d5b26e682f1a90b3c5047784dccd040ba29bde19c2d4afa3e9", NixHash.Sha256(archive).ToBase16());
        Assert.Equal(
            [
                ". directory",
                "./A file 1 x",
                "./Empty directory",
                "./a file 1 y",
                "./link link run",
                "./run file 18 executable #!/bin/sh\necho hi\n",
                "./zero file 0 ",
            ],
            NarListing.Of(archive));
    }

    [Fact]
    public void The_file_of_the_vectors_is_120_bytes_with_its_hash()
    {
        var archive = NarBytes.File("hello\n"u8.ToArray());

        Assert.Equal(120, archive.Length);
        Assert.Equal("sha256:04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw", NixHash.Sha256(archive).ToString());
        Assert.Equal([". file 6 hello\n"], NarListing.Of(archive));
    }

    // nar.md §1.1: 112 + pad8(n) plain, 144 + pad8(n) executable
    [Theory]
    [InlineData(0, false, 112)]
    [InlineData(1, false, 120)]
    [InlineData(8, false, 120)]
    [InlineData(9, false, 128)]
    [InlineData(8, true, 152)]
    public void A_file_takes_its_size_and_a_fixed_frame(int size, bool executable, int length)
    {
        var archive = NarBytes.File(new byte[size], executable);

        Assert.Equal(length, archive.Length);
        Assert.Equal([$". file {size}{(executable ? " executable" : "")} {new string('\0', size)}"], NarListing.Of(archive));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(13)]
    [InlineData(100)]
    public void Pieces_of_any_size_give_the_same(int size)
    {
        var archive = Vectors.Read("d.nar");
        var listing = new NarListing();
        var parser = new NarParser(listing);
        for (var at = 0; at < archive.Length; at += size)
        {
            var piece = archive.AsSpan(at, Math.Min(size, archive.Length - at));
            Assert.Equal(at + piece.Length == archive.Length, parser.Advance(piece, out var consumed));
            Assert.Equal(piece.Length, consumed);
        }

        Assert.Equal(NarListing.Of(archive), listing.Lines);
    }

    [Fact]
    public void The_archive_ends_itself_and_what_follows_is_not_taken()
    {
        byte[] archive = Vectors.Read("d.nar");
        var parser = new NarParser();

        Assert.True(parser.Advance([.. archive, 1, 2, 3, 4, 5, 6, 7, 8, 9], out var consumed));
        Assert.Equal(archive.Length, consumed);
        Assert.Equal(archive.Length, parser.Position);
        Assert.True(parser.Advance([1, 2, 3], out consumed));
        Assert.Equal(0, consumed);
    }

    [Fact]
    public void Cut_at_any_byte_it_is_incomplete_and_says_where()
    {
        var archive = Vectors.Read("d.nar");
        for (var length = 0; length < archive.Length; length++)
        {
            var parser = new NarParser();
            Assert.False(parser.Advance(archive.AsSpan(0, length), out var consumed));
            Assert.Equal(length, consumed);

            var truncated = parser.Truncated();
            Assert.Equal("NarInvalid", truncated.ErrorId);
            Assert.Equal(length, truncated.Offset);
            Assert.StartsWith("The archive ends too early: ", truncated.Expectation, StringComparison.Ordinal);
            Assert.EndsWith(" must follow", truncated.Expectation, StringComparison.Ordinal);
        }
    }

    // nar.md §1.2, row by row; offset: where the offending token begins
    public static TheoryData<string, byte[], int, string> Checks => new()
    {
        { "magic", Tokens("nix-archive-2"), 0, "'nix-archive-1' must stand here, not 'nix-archive-2'" },
        { "magic of another format", "Hello, world, and more"u8.ToArray(), 0, "'nix-archive-1' must have at most 32 bytes, not 8583909746840200520" },
        { "name empty", Directory([[]]), 128, "'' cannot be the name of an entry" },
        { "name dot", Directory("."u8.ToArray()), 128, "'.' cannot be the name of an entry" },
        { "name dot dot", Directory(".."u8.ToArray()), 128, "'..' cannot be the name of an entry" },
        { "name with slash", Directory("a/b"u8.ToArray()), 128, "'a/b' cannot be the name of an entry" },
        { "name with NUL", Directory("a\0b"u8.ToArray()), 128, "'a\\x00b' cannot be the name of an entry" },
        { "name too long", Directory(new byte[256]), 128, "the name of an entry must have at most 255 bytes, not 256" },
        { "names descending", Directory("b"u8.ToArray(), "a"u8.ToArray()), 312, "The names of a directory must ascend in byte order: 'a' follows 'b'" },
        { "name twice", Directory("a"u8.ToArray(), "a"u8.ToArray()), 312, "The names of a directory must ascend in byte order: 'a' follows 'a'" },
        { "names in the order of UTF-16", Directory(Encoding.UTF8.GetBytes("\U00010000"), Encoding.UTF8.GetBytes("\uE000")), 312,
            "The names of a directory must ascend in byte order: '\\xee\\x80\\x80' follows '\\xf0\\x90\\x80\\x80'" },
        { "target empty", Tokens("nix-archive-1", "(", "type", "symlink", "target", "", ")"), 88, "The target of a symbolic link must not be empty" },
        { "target with NUL", Tokens("nix-archive-1", "(", "type", "symlink", "target", "a\0", ")"), 88,
            "The target of a symbolic link must not hold NUL: 'a\\x00'" },
        { "target too long", Tokens("nix-archive-1", "(", "type", "symlink", "target", new string('a', 4096), ")"), 88,
            "the target of a symbolic link must have at most 4095 bytes, not 4096" },
        { "tag too long", Tokens("nix-archive-1", "(", "type", new string('a', 33)), 56,
            "'regular', 'symlink' or 'directory' must have at most 32 bytes, not 33" },
        { "type unknown", Tokens("nix-archive-1", "(", "type", "fifo"), 56, "'regular', 'symlink' or 'directory' must stand here, not 'fifo'" },
        { "type missing", Tokens("nix-archive-1", "(", "contents"), 40, "'type' must stand here, not 'contents'" },
        { "executable with a value", Tokens("nix-archive-1", "(", "type", "regular", "executable", "x"), 96,
            "the empty value of 'executable' must stand here, not 'x'" },
        { "executable twice", Tokens("nix-archive-1", "(", "type", "regular", "executable", "", "executable"), 104,
            "'contents' must stand here, not 'executable'" },
        { "executable after contents", Tokens("nix-archive-1", "(", "type", "regular", "contents", "", "executable"), 96,
            "')' must stand here, not 'executable'" },
        { "no contents", Tokens("nix-archive-1", "(", "type", "regular", ")"), 72, "'executable' or 'contents' must stand here, not ')'" },
        { "size over 2^63-1", [.. Tokens("nix-archive-1", "(", "type", "regular", "contents"), 0, 0, 0, 0, 0, 0, 0, 0x80], 88,
            "A file of 9223372036854775808 bytes cannot be; at most 9223372036854775807" },
        { "padding of a tag", [.. Tokens("nix-archive-1"), 1, 0, 0, 0, 0, 0, 0, 0, 0x28, 0, 0, 0, 0, 0, 0, 1], 33,
            "Padding must be zero, not '\\x00\\x00\\x00\\x00\\x00\\x00\\x01'" },
        { "padding of contents", [.. Tokens("nix-archive-1", "(", "type", "regular", "contents"), 1, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0], 97,
            "Padding must be zero, not '\\x02\\x00\\x00\\x00\\x00\\x00\\x00'" },
        { "token after a file's body", Tokens("nix-archive-1", "(", "type", "regular", "contents", "", "entry"), 96, "')' must stand here, not 'entry'" },
        { "token after a directory's entries", Tokens("nix-archive-1", "(", "type", "directory", "name"), 80, "'entry' or ')' must stand here, not 'name'" },
        { "entry not opened", Tokens("nix-archive-1", "(", "type", "directory", "entry", "name"), 96, "'(' must stand here, not 'name'" },
        { "entry without name", Tokens("nix-archive-1", "(", "type", "directory", "entry", "(", "node"), 112, "'name' must stand here, not 'node'" },
        { "entry without node", Tokens("nix-archive-1", "(", "type", "directory", "entry", "(", "name", "a", ")"), 144, "'node' must stand here, not ')'" },
    };

    [Theory]
    [MemberData(nameof(Checks))]
    public void What_is_not_allowed_is_refused(string check, byte[] archive, int offset, string expectation)
    {
        Assert.NotEmpty(check);
        foreach (var pieceSize in (int[])[archive.Length, 1])
        {
            var exception = Assert.Throws<ProtocolException>(() => Parse(archive, pieceSize));

            Assert.Equal("NarInvalid", exception.ErrorId);
            Assert.Equal(expectation, exception.Expectation);
            Assert.Equal(offset, exception.Offset);
        }
    }

    [Fact]
    public void Names_ascend_by_their_bytes_not_as_UTF16()
    {
        var archive = Directory("A"u8.ToArray(), "a"u8.ToArray(), Encoding.UTF8.GetBytes("\uE000"), Encoding.UTF8.GetBytes("\U00010000"), [0xff]);

        Assert.Equal(6, NarListing.Of(archive).Count);
    }

    [Fact]
    public void Names_targets_and_depth_may_reach_their_limits()
    {
        Assert.Equal(2, NarListing.Of(Directory(Enumerable.Repeat((byte)'n', 255).ToArray())).Count);
        Assert.Single(NarListing.Of(Tokens("nix-archive-1", "(", "type", "symlink", "target", new string('a', 4095), ")")));
        Assert.Equal(StoreObjectLimits.NarDepth, NarListing.Of(Nested(StoreObjectLimits.NarDepth)).Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(StoreObjectLimits.NarDepth)]
    public void Deeper_than_the_limit_is_refused(int limit)
    {
        Assert.True(new NarParser(null, limit).Advance(Nested(limit), out _));

        var exception = Assert.Throws<ProtocolException>(() => new NarParser(null, limit).Advance(Nested(limit + 1), out _));
        Assert.Equal($"The archive is nested deeper than {limit} nodes", exception.Expectation);
    }

    [Fact]
    public void Each_directory_has_its_own_order_of_names()
    {
        // b/{a}, c: "a" is under "b", so it may be less.
        var archive = Tokens(
            "nix-archive-1", "(", "type", "directory",
            "entry", "(", "name", "b", "node", "(", "type", "directory",
            "entry", "(", "name", "a", "node", "(", "type", "directory", ")", ")", ")", ")",
            "entry", "(", "name", "c", "node", "(", "type", "directory", ")", ")", ")");

        Assert.Equal([". directory", "./b directory", "./b/a directory", "./c directory"], NarListing.Of(archive));
    }

    [Fact]
    public void Any_byte_changed_gives_another_listing_or_an_error()
    {
        var archive = Vectors.Read("d.nar");
        var listing = NarListing.Of(archive);
        for (var i = 0; i < archive.Length; i++)
        {
            var changed = (byte[])archive.Clone();
            changed[i] ^= 0x10;
            var seen = new NarListing();
            var parser = new NarParser(seen);
            try
            {
                if (parser.Advance(changed, out _))
                {
                    Assert.NotEqual(listing, seen.Lines);
                }
            }
            catch (ProtocolException exception)
            {
                Assert.Equal("NarInvalid", exception.ErrorId);
                Assert.InRange(exception.Offset, 0, archive.Length);
            }
        }
    }

    [Fact]
    public void Parsing_allocates_nothing_for_nodes_and_contents()
    {
        var archive = Directory([.. Enumerable.Range(0, 10_000).Select(i => Encoding.ASCII.GetBytes($"{i:d6}"))]);
        Assert.True(new NarParser().Advance(archive, out _));

        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.True(new NarParser().Advance(archive, out _));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 10);
    }

    private static void Parse(byte[] archive, int pieceSize)
    {
        var parser = new NarParser();
        foreach (var piece in archive.Chunk(pieceSize))
        {
            parser.Advance(piece, out _);
        }
    }
}
