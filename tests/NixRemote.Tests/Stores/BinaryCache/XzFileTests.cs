using System.Diagnostics;
using NixRemote.Tests.StoreObjects;

namespace NixRemote.Tests.Stores.BinaryCache;

/// <summary>The .xz files that we write: other programs and we ourselves read in them what was written.</summary>
public sealed class XzFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    // what the file holds, its bytes, at most so many bytes of .xz: a chunk holds 64 KiB, a piece 128 KiB
    public static TheoryData<string, int, int> Contents => new()
    {
        { "zeros", 0, 60 },
        { "zeros", 1, 64 },
        { "zeros", 128 << 10, 200 },
        { "zeros", (128 << 10) + 1, 250 },
        { "zeros", 5_000_000, 6000 },
        { "random", 3, 64 },
        { "random", 64 << 10, (64 << 10) + 100 },
        { "random", (64 << 10) + 1, (64 << 10) + 100 },
        { "random", 1_000_003, 1_000_200 },
        { "text", 1000, 400 },
        { "text", 700_000, 250_000 },
        { "half random", 1_000_000, 510_000 },
    };

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Contents))]
    public async Task We_read_what_we_write(string content, int length, int most)
    {
        var plain = Make(content, length);
        foreach (var piece in new[] { 1 << 20, 999 })
        {
            var file = await WriteAsync(plain, piece, level: null);

            Assert.InRange(file.Length, 32, most);
            await using var read = Caches.Compressions.OpenRead("xz", new MemoryStream(file));
            var again = new MemoryStream();
            await read.CopyToAsync(again);
            Assert.Equal(plain, again.ToArray());
        }
    }

    [XzTheory]
    [MemberData(nameof(Contents))]
    public async Task The_program_xz_reads_what_we_write(string content, int length, int most)
    {
        var plain = Make(content, length);
        foreach (var level in new int?[] { null, 0, 9 })
        {
            var file = _directory[$"file-{level}"];
            var written = await WriteAsync(plain, 100_000, level);
            Assert.InRange(written.Length, 32, level == 0 ? int.MaxValue : most);
            await File.WriteAllBytesAsync(file, written);

            using var xz = Process.Start(new ProcessStartInfo("xz", ["--format=xz", "--decompress", "--stdout", file]) { RedirectStandardOutput = true })!;
            var again = new MemoryStream();
            await xz.StandardOutput.BaseStream.CopyToAsync(again);
            await xz.WaitForExitAsync();

            Assert.Equal(0, xz.ExitCode);
            Assert.Equal(plain, again.ToArray());
        }
    }

    private static async Task<byte[]> WriteAsync(byte[] plain, int piece, int? level)
    {
        var file = new MemoryStream();
        await using (var xz = Caches.Compressions.OpenWrite("xz", file, level))
        {
            await new PieceStream(plain, piece).CopyToAsync(xz);
        }

        return file.ToArray();
    }

    private static byte[] Make(string content, int length)
    {
        var random = new Random(length);
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
        {
            bytes[i] = content switch
            {
                "zeros" => 0,
                "random" => (byte)random.Next(),
                "text" => (byte)"the builder has what the other builder needs, "[(i + (i / 1000 * random.Next(2))) % 46],
                _ => i / 1000 % 2 == 0 ? (byte)0 : (byte)random.Next(),
            };
        }

        return bytes;
    }
}
