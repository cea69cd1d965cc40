using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Tests.Stores;

/// <summary>
/// A closure of any size that nobody has to keep: infos and archives are made when they are asked for, each path as a text of its own, as
/// they come over a connection. Each path refers to the one before and to others further below; all archives are the same.
/// </summary>
internal sealed class GeneratedClosure(int count, int references) : INixStore
{
    /// <summary>How far below the others are that a path refers to.</summary>
    private const int Stride = 50;

    private const string NamePrefix = "name-of-usual-length-";

    private static readonly byte[] _nar = StoreObjects.NarBytes.File("content"u8.ToArray());
    private static readonly NixHash _hash = NixHash.Sha256(_nar);

    public string Name => "generated";

    /// <summary>The path that refers to all others, directly or not.</summary>
    public StorePath Root => PathOf(count - 1);

    /// <summary>Changes what is told of a path; told how often it was asked for.</summary>
    public Func<PathInfo, int, PathInfo?>? OnAsked { get; init; }

    /// <summary>How often each path was asked for, if <see cref="OnAsked"/> is set.</summary>
    public Dictionary<StorePath, int> Asked { get; } = [];

    public static StorePath PathOf(int index)
    {
        Span<byte> hash = stackalloc byte[20];
        BitConverter.TryWriteBytes(hash, index);
        return StorePath.FromBaseName($"{NixBase32.Encode(hash)}-{NamePrefix}{index}");
    }

    public static int IndexOf(StorePath path) => int.Parse(path.Name[NamePrefix.Length..], System.Globalization.CultureInfo.InvariantCulture);

    public Task<IReadOnlySet<StorePath>> QueryValidPathsAsync(IReadOnlyCollection<StorePath> paths, bool protect, bool substitute, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlySet<StorePath>>(paths.ToHashSet());

    public Task<IReadOnlyDictionary<StorePath, PathInfo>> QueryPathInfosAsync(IReadOnlyCollection<StorePath> paths, CancellationToken cancellationToken)
    {
        var infos = new Dictionary<StorePath, PathInfo>(paths.Count);
        foreach (var path in paths)
        {
            if (Tell(Info(IndexOf(path))) is { } info)
            {
                infos[info.Path] = info;
            }
        }

        return Task.FromResult<IReadOnlyDictionary<StorePath, PathInfo>>(infos);
    }

    public async IAsyncEnumerable<NarItem> ReadNarsAsync(IReadOnlyList<PathInfo> paths, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var info in paths)
        {
            await Task.CompletedTask;
            yield return new NarItem(info, new MemoryStream(_nar, writable: false));
        }
    }

    public Task AddPathsAsync(int count, IAsyncEnumerable<NarItem> items, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private PathInfo Info(int index) => new()
    {
        Path = PathOf(index),
        NarHash = _hash,
        NarSize = _nar.Length,
        References = [.. Enumerable.Range(0, references).Select(i => index - (i == 0 ? 1 : i * Stride)).Where(i => i >= 0).Distinct().Select(PathOf).Order()],
        Deriver = PathOf(index + count),
        Signatures = [$"key-1:{Convert.ToBase64String(SHA512.HashData(BitConverter.GetBytes(index)))}"],
    };

    private PathInfo? Tell(PathInfo info)
    {
        if (OnAsked is null)
        {
            return info;
        }

        Asked[info.Path] = Asked.GetValueOrDefault(info.Path) + 1;
        return OnAsked(info, Asked[info.Path]);
    }
}
