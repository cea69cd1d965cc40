using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Evaluation;

/// <summary>A file or folder of this machine as a source path of a store, as Nix makes one of it: named <c>source</c>,
/// addressed by the SHA-256 of its archive (nar.md §3.2).</summary>
public static class SourceTree
{
    /// <summary>The name of the store path: what Nix names a flake's source.</summary>
    public const string Name = "source";

    /// <summary>Adds it to a store that lacks it.</summary>
    /// <param name="path">The file or folder; links in it are sent as links.</param>
    /// <param name="store">The store.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What the store has now.</returns>
    /// <exception cref="NixRemoteException">NarSourceUnreadable, NarSourceUnsupported; what the store throws. If a file changes
    /// in the meantime the store refuses the path.</exception>
    public static async Task<PathInfo> SendAsync(string path, INixStore store, CancellationToken cancellationToken)
    {
        var info = await DescribeAsync(path, cancellationToken).ConfigureAwait(false);
        var valid = await store.QueryValidPathsAsync([info.Path], protect: true, substitute: false, cancellationToken).ConfigureAwait(false);
        if (!valid.Contains(info.Path))
        {
            await store.AddPathsAsync(1, ItemsAsync(path, info), cancellationToken).ConfigureAwait(false);
        }

        return info;
    }

    /// <summary>The path that it has in a store.</summary>
    public static async Task<PathInfo> DescribeAsync(string path, CancellationToken cancellationToken)
    {
        var archive = await NarOfFiles.ComputeAsync(path, cancellationToken).ConfigureAwait(false);
        var address = new ContentAddress(ContentAddressMethod.NixArchive, archive.Hash);
        return new PathInfo
        {
            Path = StorePathFactory.FromContent(Name, address),
            NarHash = archive.Hash,
            NarSize = archive.Size,
            ContentAddress = address.ToString(),
        };
    }

    private static async IAsyncEnumerable<NarItem> ItemsAsync(string path, PathInfo info)
    {
        var archive = new NarFileStream(path);
        await using (archive.ConfigureAwait(false))
        {
            yield return new NarItem(info, archive);
        }
    }
}
