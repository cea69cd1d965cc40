using System.Buffers.Binary;
using NixRemote.Stores;

namespace NixRemote.Tests.Stores;

/// <summary>Framed streams, wire.md §1.1: frames of 0 &lt; n &lt; 2^32 bytes without padding, then a zero.</summary>
public sealed class FramedStreamTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(100_000)]
    [InlineData(131_072)]
    [InlineData(3_000_000)]
    public async Task Frames_hold_what_was_written_and_end_with_zero(int size)
    {
        var contents = new byte[size];
        new Random(size).NextBytes(contents);
        var stream = new MemoryStream();
        var writer = new WireWriter(stream);
        writer.WriteUInt64(44);
        using (var frames = new FramedWriter(writer, () => Assert.Fail("It was completed.")))
        {
            writer.WriteUInt64(7);
            await writer.SendFullAsync(default);
            await writer.CopyRawAsync(new MemoryStream(contents), size, default, default);
            await writer.FlushAsync(default);
            await writer.FlushAsync(default);
            frames.Complete();
        }

        writer.WriteUInt64(99);
        await writer.FlushAsync(default);

        var bytes = stream.ToArray().AsSpan();
        Assert.Equal(44UL, Take(ref bytes));
        var unframed = new List<byte>();
        for (var length = Take(ref bytes); length != 0; length = Take(ref bytes))
        {
            unframed.AddRange(bytes[..(int)length]);
            bytes = bytes[(int)length..];
        }

        Assert.Equal([.. BitConverter.GetBytes(7UL), .. contents], unframed);
        Assert.Equal(99UL, Take(ref bytes));
        Assert.True(bytes.IsEmpty);
    }

    [Fact]
    public async Task A_stream_that_nothing_was_written_to_is_one_zero()
    {
        var stream = new MemoryStream();
        var writer = new WireWriter(stream);
        using (var frames = new FramedWriter(writer, () => Assert.Fail("It was completed.")))
        {
            frames.Complete();
        }

        await writer.FlushAsync(default);
        Assert.Equal(new byte[8], stream.ToArray());
    }

    [Fact]
    public void A_stream_that_is_not_completed_ends_the_connection()
    {
        var aborted = false;
        using (new FramedWriter(new WireWriter(new MemoryStream()), () => aborted = true))
        {
        }

        Assert.True(aborted);
    }

    [Theory]
    [InlineData(10, 9, "ended after 9")]
    [InlineData(10, 11, "goes on")]
    [InlineData(0, 1, "goes on")]
    public async Task A_source_must_hold_as_much_as_was_promised(int promised, int actual, string message)
    {
        var writer = new WireWriter(new MemoryStream());
        var failure = await Assert.ThrowsAsync<UploadSourceException>(async () =>
            await writer.CopyRawAsync(new MemoryStream(new byte[actual]), promised, default, default));
        Assert.Equal(nameof(NixErrors.NarSizeMismatch), Assert.IsType<NixRemoteException>(failure.InnerException).ErrorId);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
    }

    private static ulong Take(ref Span<byte> bytes)
    {
        var value = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        bytes = bytes[8..];
        return value;
    }
}
