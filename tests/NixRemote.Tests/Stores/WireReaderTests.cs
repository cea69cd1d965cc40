using System.Text;
using NixRemote.Stores;
using NixRemote.StoreObjects;

namespace NixRemote.Tests.Stores;

/// <summary>The primitives of wire.md §1, read however their bytes are cut into pieces.</summary>
public sealed class WireReaderTests
{
    [Theory]
    [InlineData("", "0000000000000000")]
    [InlineData("a", "01000000000000006100000000000000")]
    [InlineData("1234567", "07000000000000003132333435363700")]
    [InlineData("12345678", "08000000000000003132333435363738")]
    [InlineData("123456789", "090000000000000031323334353637383900000000000000")]
    [InlineData("a\0b", "03000000000000006100620000000000")]
    [InlineData("ä", "0200000000000000c3a4000000000000")]
    public async Task A_string_is_its_length_its_bytes_and_zeros_up_to_a_multiple_of_8(string text, string hex)
    {
        var bytes = Convert.FromHexString(hex);
        foreach (var piece in new[] { 1, 3, 8, 1000 })
        {
            var reader = Reader(bytes, piece);
            Assert.Equal(text, await reader.ReadTextAsync(9, "it", default));
            Assert.Equal(bytes.Length, reader.Position);
            Assert.Equal(Encoding.UTF8.GetBytes(text), await Reader(bytes, piece).ReadBytesAsync(9, "it", default));
        }

        var written = new MemoryStream();
        var writer = new WireWriter(written);
        writer.WriteText(text);
        writer.WriteBytes(Encoding.UTF8.GetBytes(text));
        await writer.FlushAsync(default);
        Assert.Equal([.. bytes, .. bytes], written.ToArray());
        Assert.Equal(2 * bytes.Length, writer.Position);
    }

    [Theory]
    [InlineData(0UL, "0000000000000000")]
    [InlineData(1UL, "0100000000000000")]
    [InlineData(0x390c9debUL, "eb9d0c3900000000")]
    [InlineData(ulong.MaxValue, "ffffffffffffffff")]
    public async Task A_word_is_8_bytes_little_endian(ulong value, string hex)
    {
        Assert.Equal(value, await Reader(Convert.FromHexString(hex), 3).ReadUInt64Async(default));
        var written = new MemoryStream();
        var writer = new WireWriter(written);
        writer.WriteUInt64(value);
        await writer.FlushAsync(default);
        Assert.Equal(hex, Convert.ToHexString(written.ToArray()).ToLowerInvariant());
    }

    [Fact]
    public async Task A_string_longer_than_the_buffer_is_read_whole()
    {
        var text = string.Concat(Enumerable.Range(0, 60_000).Select(i => $"{i},"));
        foreach (var piece in new[] { 1000, 65_536, 1 << 24 })
        {
            var reader = Reader([.. String(text), .. Word(7)], piece);
            Assert.Equal(text, await reader.ReadTextAsync(1 << 20, "it", default));
            Assert.Equal(7UL, await reader.ReadUInt64Async(default));
        }
    }

    public static TheoryData<string, byte[], long, string> Violations => new()
    {
        { "padding", [.. Word(1), (byte)'a', 0, 0, 0, 0, 0, 0, 1], 17, nameof(NixErrors.ProtocolViolation) },
        { "text limit", String("123456789"), 8, nameof(NixErrors.LimitExceeded) },
        { "huge text", Word(ulong.MaxValue), 8, nameof(NixErrors.LimitExceeded) },
        { "bool", Word(2), 8, nameof(NixErrors.ProtocolViolation) },
        { "number", Word(9), 8, nameof(NixErrors.LimitExceeded) },
        { "negative", Word(1UL << 63), 8, nameof(NixErrors.LimitExceeded) },
        { "path", String("/tmp/x"), 8, nameof(NixErrors.ProtocolViolation) },
        { "path limit", String("/nix/store/" + new string('x', WireLimits.PathBytes)), 8, nameof(NixErrors.LimitExceeded) },
        { "empty path", String(""), 8, nameof(NixErrors.ProtocolViolation) },
        { "paths", Word(9), 8, nameof(NixErrors.LimitExceeded) },
        { "hash", String("sha256:1c37"), 8, nameof(NixErrors.ProtocolViolation) },
        { "other hash", String("sha1:" + new string('0', 40)), 8, nameof(NixErrors.ProtocolViolation) },
        { "long bytes", [.. Word(100_001), .. new byte[100_001], 1, .. new byte[6]], 8 + 8 + 100_001, nameof(NixErrors.ProtocolViolation) },
    };

    [Theory]
    [MemberData(nameof(Violations))]
    public async Task A_violation_tells_its_offset(string what, byte[] bytes, long offset, string error)
    {
        foreach (var piece in new[] { 5, 1 << 20 })
        {
            var reader = Reader([.. Word(0), .. bytes], piece);
            await reader.ReadUInt64Async(default);
            var violation = await Assert.ThrowsAsync<ProtocolException>(async () => _ = what switch
            {
                "bool" => await reader.ReadBoolAsync(what, default),
                "number" => await reader.ReadNumberAsync(8, what, default),
                "negative" => await reader.ReadInt64Async(what, default),
                "path" or "path limit" or "empty path" => await reader.ReadPathAsync(what, default),
                "paths" => await reader.ReadPathSetAsync(8, what, default),
                "hash" or "other hash" => await reader.ReadSha256Async(what, default),
                "long bytes" => await reader.ReadBytesAsync(200_000, what, default),
                _ => (object)await reader.ReadTextAsync(8, what, default),
            });
            Assert.Equal((error, offset), (violation.ErrorId, violation.Offset));
            Assert.Contains(what, violation.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_end_of_the_stream_is_told_apart_from_a_violation()
    {
        var bytes = String("123456789");
        for (var length = 0; length < bytes.Length; length++)
        {
            var reader = Reader(bytes[..length], 4);
            await Assert.ThrowsAsync<EndOfStreamException>(async () => await reader.ReadTextAsync(9, "it", default));
            Assert.True(reader.HasEnded);
        }

        await Assert.ThrowsAsync<EndOfStreamException>(async () => await Reader([], 4).PeekAsync(default));
        Assert.Null(await Reader(bytes[..7], 4).PeekUInt64Async(0, default));
    }

    [Fact]
    public async Task A_claimed_length_makes_nobody_allocate()
    {
        // A stream that never waits keeps all of it on this thread.
        var reader = new WireReader(new MemoryStream([.. Word(WireLimits.ErrorTextBytes), 1, 2, 3]));
        var before = GC.GetAllocatedBytesForCurrentThread();
        await Assert.ThrowsAsync<EndOfStreamException>(async () => await reader.ReadTextAsync(WireLimits.ErrorTextBytes, "it", default));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public async Task Sets_come_in_any_order_and_with_duplicates()
    {
        var paths = Enumerable.Range(0, 5).Select(i => StoreSamples.Path($"p{i}")).ToArray();
        byte[] bytes = [.. Word(6), .. paths.Reverse().Append(paths[2]).SelectMany(p => String(p.ToString()))];
        Assert.Equal(paths.Order(), await Reader(bytes, 11).ReadPathSetAsync(6, "paths", default));

        var written = new MemoryStream();
        var writer = new WireWriter(written);
        writer.WritePathSet([.. paths, paths[0]]);
        writer.WriteOptionalPath(null);
        await writer.FlushAsync(default);
        Assert.Equal([.. Word(5), .. paths.Order().SelectMany(p => String(p.ToString())), .. Word(0)], written.ToArray());
    }

    [Theory]
    [InlineData("key-1:c2lnbmF0dXJl", true)]
    [InlineData("key-1:c2lnbmF0dXJl=", false)]
    [InlineData("key-1", false)]
    [InlineData("key-1:", false)]
    [InlineData(":c2lnbmF0dXJl", false)]
    [InlineData("key-1:not base64!", false)]
    public async Task Signatures_that_new_Nix_would_fail_on_are_not_sent(string signature, bool sent)
    {
        var written = new MemoryStream();
        var writer = new WireWriter(written);
        writer.WriteSignatures([signature, "a:AAAA"]);
        await writer.FlushAsync(default);
        Assert.Equal(sent ? [.. Word(2), .. String("a:AAAA"), .. String(signature)] : [.. Word(1), .. String("a:AAAA")], written.ToArray());
    }

    internal static byte[] Word(ulong value) => BitConverter.GetBytes(value);

    internal static byte[] String(string text) => StoreObjects.NarBytes.Token(text);

    private static WireReader Reader(byte[] bytes, int piece) => new(new PieceStream(bytes, piece));
}
