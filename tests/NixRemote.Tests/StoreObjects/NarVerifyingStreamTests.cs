using NixRemote.StoreObjects;

namespace NixRemote.Tests.StoreObjects;

public sealed class NarVerifyingStreamTests
{
    private static readonly byte[] Archive = Vectors.Read("d.nar");
    private static readonly byte[] Following = [0xaa, 0xbb, 0xcc];

    private static readonly PathInfo Info = new()
    {
        Path = StorePath.Parse("/nix/store/k6rv8g3x5msg8ngbg8glk6qmzzc3hdfb-d"),
        NarHash = NixHash.Sha256(Archive),
        NarSize = Archive.Length,
    };

    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 100)]
    [InlineData(1 << 16, 16)]
    [InlineData(1 << 16, 1 << 16)]
    public async Task It_yields_exactly_the_archive(int sourceBuffer, int readBuffer)
    {
        var source = Source([.. Archive, .. Following], sourceBuffer);
        await using var stream = new NarVerifyingStream(source, Info);
        var read = new List<byte>();
        var buffer = new byte[readBuffer];
        while (await stream.ReadAsync(buffer) is var count and > 0)
        {
            read.AddRange(buffer.AsSpan(0, count));
        }

        Assert.Equal(Archive, read);
        Assert.True(stream.IsComplete);
        await AssertFollowingIsLeft(source);
        Assert.Equal(0, await stream.ReadAsync(buffer));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1 << 16)]
    public async Task Copying_yields_exactly_the_archive(int sourceBuffer)
    {
        var source = Source([.. Archive, .. Following], sourceBuffer);
        await using var stream = new NarVerifyingStream(source, Info);
        var copy = new MemoryStream();
        await stream.CopyToAsync(copy);

        Assert.Equal(Archive, copy.ToArray());
        await AssertFollowingIsLeft(source);
    }

    [Fact]
    public async Task Another_hash_is_refused_before_the_last_bytes_are_handed_out()
    {
        var promised = NixHash.Sha256("something else"u8);
        var source = Source([.. Archive, .. Following], 100);
        await using var stream = new NarVerifyingStream(source, Info with { NarHash = promised });
        var copy = new MemoryStream();
        var exception = await Assert.ThrowsAsync<NixRemoteException>(() => stream.CopyToAsync(copy));

        Assert.Equal("NarHashMismatch", exception.ErrorId);
        Assert.Equal(Info.Path.ToString(), exception.Target);
        Assert.Contains(Info.NarHash.ToString(), exception.Message, StringComparison.Ordinal);
        Assert.Contains(promised.ToString(), exception.Message, StringComparison.Ordinal);
        Assert.InRange(copy.Length, 1, Archive.Length - 1);

        // The source is usable: it stands after the archive. The stream is not: it never says "end".
        await AssertFollowingIsLeft(source);
        Assert.True(stream.IsComplete);
        exception = await Assert.ThrowsAsync<NixRemoteException>(() => stream.CopyToAsync(Stream.Null));
        Assert.Equal("NarHashMismatch", exception.ErrorId);
    }

    [Fact]
    public async Task A_changed_content_byte_is_a_wrong_hash()
    {
        var changed = (byte[])Archive.Clone();
        changed[0xe8] = (byte)'X';
        var exception = await ReadAll(changed, Info);

        Assert.Equal("NarHashMismatch", exception.ErrorId);
    }

    [Fact]
    public async Task Fewer_bytes_than_promised_are_refused()
    {
        var exception = await ReadAll(Archive, Info with { NarSize = Archive.Length + 8 });

        Assert.Equal("NarSizeMismatch", exception.ErrorId);
        Assert.Equal($"The archive of '{Info.Path}' has 1264 bytes, but 1272 were promised.", exception.Message);
        Assert.Equal(Info.Path.ToString(), exception.Target);
    }

    [Fact]
    public async Task More_bytes_than_promised_are_refused_as_soon_as_they_come()
    {
        // The archive promises 2^40 bytes of contents; the info 200.
        byte[] archive = [.. NarBytes.Tokens("nix-archive-1", "(", "type", "regular", "contents"), 0, 0, 0, 0, 0, 1, 0, 0, .. new byte[1000]];
        var source = Source(archive, 50);
        await using var stream = new NarVerifyingStream(source, Info with { NarSize = 200 });
        var copy = new MemoryStream();
        var exception = await Assert.ThrowsAsync<NixRemoteException>(() => stream.CopyToAsync(copy));

        Assert.Equal("NarSizeMismatch", exception.ErrorId);
        Assert.Contains("has more than", exception.Message, StringComparison.Ordinal);
        Assert.Equal(200, copy.Length);
        Assert.False(stream.IsComplete);
    }

    [Fact]
    public async Task A_malformed_archive_names_the_path_and_the_byte()
    {
        var exception = Assert.IsType<ProtocolException>(await ReadAll([.. Archive[..80], 9, .. Archive[81..]], Info));

        Assert.Equal("NarInvalid", exception.ErrorId);
        Assert.Equal(80, exception.Offset);
        Assert.Equal(Info.Path.ToString(), exception.Target);
    }

    [Fact]
    public async Task Cut_at_any_byte_it_fails()
    {
        for (var length = 0; length < Archive.Length; length++)
        {
            var exception = Assert.IsType<ProtocolException>(await ReadAll(Archive[..length], Info));
            Assert.Equal("NarInvalid", exception.ErrorId);
            Assert.Equal(length, exception.Offset);
        }
    }

    [Fact]
    public async Task It_is_not_complete_as_long_as_bytes_are_not_taken()
    {
        var source = Source(Archive, 1 << 16);
        await using var stream = new NarVerifyingStream(source, Info);
        await Assert.ThrowsAsync<NotSupportedException>(() => stream.CopyToAsync(new MemoryStream([], writable: false)));

        Assert.False(stream.IsComplete);
        Assert.Equal(0, source.Position);
    }

    [Fact]
    public async Task Cancellation_ends_a_read_that_waits()
    {
        using var cancellation = new CancellationTokenSource();
        await using var stream = new NarVerifyingStream(new SilentSource(), Info);
        var read = stream.ReadAsync(new byte[10], cancellation.Token).AsTask();
        Assert.False(read.IsCompleted);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
    }

    private static StreamByteSource Source(byte[] bytes, int bufferSize) => new(new MemoryStream(bytes), bufferSize);

    private static async Task<NixRemoteException> ReadAll(byte[] archive, PathInfo info)
    {
        await using var stream = new NarVerifyingStream(Source(archive, 64), info);
        return await Assert.ThrowsAnyAsync<NixRemoteException>(() => stream.CopyToAsync(Stream.Null));
    }

    private static async Task AssertFollowingIsLeft(StreamByteSource source)
    {
        Assert.Equal(Archive.Length, source.Position);
        var left = new List<byte>();
        while (await source.PeekAsync(CancellationToken.None) is { IsEmpty: false } bytes)
        {
            left.AddRange(bytes.Span);
            source.Advance(bytes.Length);
        }

        Assert.Equal(Following, left);
    }

    private sealed class SilentSource : IByteSource
    {
        public long Position => 0;

        public async ValueTask<ReadOnlyMemory<byte>> PeekAsync(CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return default;
        }

        public void Advance(int count) => throw new InvalidOperationException("There is nothing to take.");
    }
}
