using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Tests.Stores;

/// <summary>What the scripted servers keep, and the pieces of the wire that both protocols share, seen from the server.</summary>
internal sealed class FakeStore
{
    public Dictionary<StorePath, PathInfo> Infos { get; } = [];

    public Dictionary<StorePath, byte[]> Nars { get; } = [];

    public List<string> Requests { get; } = [];

    public void Add(StoreSamples.Sample sample)
    {
        Infos[sample.Info.Path] = sample.Info;
        Nars[sample.Info.Path] = sample.Nar;
    }

    public static async Task<StorePath[]> ReadPathsAsync(WireReader reader) => [.. await reader.ReadPathSetAsync(1_000_000, "paths", default)];

    /// <summary>path, optional deriver, hash in base 16, references, time, size, ultimate, signatures, optional content address.</summary>
    public static async Task<PathInfo> ReadValidPathInfoAsync(WireReader reader)
    {
        var path = await reader.ReadPathAsync("path", default);
        var deriver = await reader.ReadOptionalPathAsync("deriver", default);
        var hash = await reader.ReadTextAsync(64, "base 16 hash", default);
        Assert.Equal(64, hash.Length);
        var references = await ReadPathsAsync(reader);
        Assert.Equal(0UL, await reader.ReadUInt64Async(default));
        var size = await reader.ReadInt64Async("size", default);
        Assert.False(await reader.ReadBoolAsync("ultimate", default));
        var signatures = await reader.ReadTextSetAsync(100, 1000, "signatures", default);
        var contentAddress = await reader.ReadContentAddressAsync(default);
        return new PathInfo
        {
            Path = path,
            Deriver = deriver,
            NarHash = NixHash.TryParse(hash, NixHashAlgorithm.Sha256, out var parsed) ? parsed : throw new InvalidDataException(hash),
            References = references,
            NarSize = size,
            Signatures = [.. signatures],
            ContentAddress = contentAddress,
        };
    }

    public static async Task<StorePath> ReadBasicDerivationAsync(WireReader reader)
    {
        var drvPath = await reader.ReadPathAsync("drv path", default);
        var outputs = await reader.ReadNumberAsync(100, "outputs", default);
        for (var i = 0; i < outputs; i++)
        {
            await reader.ReadTextAsync(100, "output name", default);
            await reader.ReadOptionalPathAsync("output path", default);
            await reader.ReadTextAsync(100, "hash algorithm", default);
            await reader.ReadTextAsync(100, "hash", default);
        }

        await ReadPathsAsync(reader);
        await reader.ReadTextAsync(100, "platform", default);
        await reader.ReadTextAsync(1000, "builder", default);
        var arguments = await reader.ReadNumberAsync(100, "arguments", default);
        for (var i = 0; i < arguments; i++)
        {
            await reader.ReadTextAsync(100_000, "argument", default);
        }

        var variables = await reader.ReadNumberAsync(1000, "variables", default);
        for (var i = 0; i < 2 * variables; i++)
        {
            await reader.ReadTextAsync(100_000, "variable", default);
        }

        return drvPath;
    }

    public static async Task<byte[]> ReadRawAsync(WireReader reader, long size)
    {
        var bytes = new MemoryStream();
        while (bytes.Length < size)
        {
            var piece = await reader.PeekAsync(default);
            var count = (int)Math.Min(piece.Length, size - bytes.Length);
            bytes.Write(piece.Span[..count]);
            reader.Advance(count);
        }

        return bytes.ToArray();
    }

    public static async Task<byte[]> ReadFramedAsync(WireReader reader)
    {
        var bytes = new MemoryStream();
        while (await reader.ReadNumberAsync(int.MaxValue, "frame", default) is var length and not 0)
        {
            bytes.Write(await ReadRawAsync(reader, length));
        }

        return bytes.ToArray();
    }

    public Task KeepAsync(PathInfo info, byte[] nar)
    {
        Assert.Equal(info.NarSize, nar.Length);
        Assert.Equal(info.NarHash, NixHash.Sha256(nar));
        Add(new StoreSamples.Sample(info, nar));
        return Task.CompletedTask;
    }
}
