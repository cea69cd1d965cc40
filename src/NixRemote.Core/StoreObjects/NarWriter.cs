namespace NixRemote.StoreObjects;

/// <summary>Archives files of this machine (nar.md §1); see <see cref="NarFileStream"/> for the same to be read from.</summary>
public static class NarWriter
{
    /// <summary>Writes the archive of a file, directory or symbolic link.</summary>
    /// <param name="path">Its path on this machine.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="caseHack">See <see cref="NarCaseHack"/>; null: the default here.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    /// <exception cref="NixRemoteException">NarSourceUnsupported, NarSourceUnreadable, with the file as target.</exception>
    public static async Task WriteAsync(string path, Stream destination, bool? caseHack, CancellationToken cancellationToken)
    {
        var archive = new NarFileStream(path, caseHack);
        await using (archive.ConfigureAwait(false))
        {
            await archive.CopyToAsync(destination, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The SHA-256 and the size of an archive: a piece is hashed while the next is read.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal static async Task<(NixHash Hash, long Size)> HashAsync(Stream archive, CancellationToken cancellationToken)
    {
        using var hash = new HashingThread();
        var (filling, hashing) = (new byte[NarFileStream.ReadSize], new byte[NarFileStream.ReadSize]);
        var size = 0L;
        try
        {
            while (await archive.ReadAsync(filling, cancellationToken).ConfigureAwait(false) is var count and > 0)
            {
                await hash.FinishAsync().ConfigureAwait(false);
                (filling, hashing) = (hashing, filling);
                hash.Begin(hashing.AsMemory(0, count));
                size += count;
            }
        }
        finally
        {
            await hash.FinishAsync().ConfigureAwait(false);
        }

        return (hash.Take(), size);
    }
}
