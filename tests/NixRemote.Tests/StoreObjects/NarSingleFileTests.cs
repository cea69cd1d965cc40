using NixRemote.StoreObjects;

namespace NixRemote.Tests.StoreObjects;

public sealed class NarSingleFileTests
{
    private static readonly StorePath Path = StorePath.FromBaseName("i9pmrzmpshapij2kin22pff6fc2adavx-hello.txt");

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    [InlineData(1_000_000)]
    public async Task A_file_is_read(int size)
    {
        var content = new byte[size];
        new Random(1).NextBytes(content);
        Assert.Equal(content, await Read(NarBytes.File(content), maxBytes: size));
    }

    [Fact]
    public async Task A_larger_file_is_refused()
    {
        var exception = await Assert.ThrowsAsync<NixRemoteException>(() => Read(NarBytes.File(new byte[7]), maxBytes: 6));
        Assert.Equal("LimitExceeded", exception.ErrorId);
        Assert.Equal($"'{Path}' has 7 bytes; a file of its kind may have 6.", exception.Message);
    }

    public static TheoryData<byte[], string> Others => new()
    {
        { Vectors.Read("d.nar"), $"'{Path}' is a directory; it must be a file." },
        { NarBytes.Tokens("nix-archive-1", "(", "type", "symlink", "target", "x", ")"), $"'{Path}' is a symbolic link; it must be a file." },
        { [.. NarBytes.File([1]), 0], "Nothing may follow the archive (at byte 120)" },
        { NarBytes.File([1])[..^1], "The archive ends too early: ')' must follow (at byte 119)" },
    };

    [Theory]
    [MemberData(nameof(Others))]
    public async Task What_is_no_file_is_refused(byte[] archive, string message)
    {
        var exception = await Assert.ThrowsAnyAsync<NixRemoteException>(() => Read(archive, maxBytes: 100));
        Assert.Equal("NarInvalid", exception.ErrorId);
        Assert.Equal(message, exception.Message);
        Assert.Equal(Path.ToString(), exception.Target);
    }

    private static Task<byte[]> Read(byte[] archive, int maxBytes)
    {
        var info = new PathInfo { Path = Path, NarHash = NixHash.Sha256(archive), NarSize = archive.Length };
        return NarSingleFile.ReadAsync(new NarItem(info, new MemoryStream(archive)), maxBytes, CancellationToken.None);
    }
}
