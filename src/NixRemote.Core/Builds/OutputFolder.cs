using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Builds;

/// <summary>
/// Outputs as files and folders of this machine, outside of any store: <c>FOLDER/HASH-NAME</c>. Each appears at once and
/// whole, or not at all; one that is there with the right content stays.
/// </summary>
public static class OutputFolder
{
    /// <summary>Unpacks a path of a store.</summary>
    /// <param name="store">Where it is valid.</param>
    /// <param name="path">The path.</param>
    /// <param name="folder">The folder; it is made if it is missing.</param>
    /// <param name="cancellationToken">Ends it; nothing is left behind.</param>
    /// <returns>Where it is.</returns>
    /// <exception cref="NixRemoteException">PathNotValid; UnpackTargetExists; all of <see cref="NarRestorer.RestoreAsync"/>; what the
    /// store throws.</exception>
    public static async Task<string> UnpackAsync(INixStore store, StorePath path, string folder, CancellationToken cancellationToken)
    {
        var infos = await store.QueryPathInfosAsync([path], cancellationToken).ConfigureAwait(false);
        var info = infos.GetValueOrDefault(path) ?? throw NixStoreExtensions.NotValid(store, path);
        var target = Path.Combine(Path.GetFullPath(folder), path.BaseName);
        if (Exists(target))
        {
            return (await NarOfFiles.ComputeAsync(target, cancellationToken).ConfigureAwait(false)).Hash == info.NarHash
                ? target
                : throw new NixRemoteException(NixErrors.UnpackTargetExists, $"'{target}' is there already, and is not the output.") { Target = target };
        }

        var unfinished = Path.Combine(Path.GetFullPath(folder), $".{path.BaseName}.{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(folder);
            await foreach (var item in store.ReadNarsAsync([info], cancellationToken).ConfigureAwait(false))
            {
                await NarRestorer.RestoreAsync(new StreamByteSource(item.Nar), info, unfinished, caseHack: null, cancellationToken).ConfigureAwait(false);
            }

            try
            {
                Move(unfinished, target);
            }
            catch
            {
                Remove(unfinished);
                throw;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new NixRemoteException(NixErrors.NarRestoreFailed, $"'{target}' cannot be written: {exception.Message}", exception) { Target = target };
        }

        return target;
    }

    // A link that points nowhere is there too.
    private static bool Exists(string path) => new FileInfo(path) is var file && (file.LinkTarget is not null || file.Exists || Directory.Exists(path));

    // It must not be there yet: who came first wins.
    private static void Move(string from, string to)
    {
        if (Directory.Exists(from) && new DirectoryInfo(from).LinkTarget is null)
        {
            Directory.Move(from, to);
        }
        else
        {
            File.Move(from, to);
        }
    }

    private static void Remove(string path)
    {
        if (Directory.Exists(path) && new DirectoryInfo(path).LinkTarget is null)
        {
            Directory.Delete(path, recursive: true);
        }
        else
        {
            File.Delete(path);
        }
    }
}
