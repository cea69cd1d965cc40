namespace NixRemote.StoreObjects;

/// <summary>What a file, directory or link of this machine is as an archive, without keeping the archive.</summary>
/// <param name="Hash">SHA-256 of it.</param>
/// <param name="Size">Bytes of it.</param>
public readonly record struct NarOfFiles(NixHash Hash, long Size)
{
    /// <summary>Reads it once.</summary>
    /// <param name="path">The path on this machine.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <exception cref="NixRemoteException">NarSourceUnreadable, NarSourceUnsupported.</exception>
    public static async Task<NarOfFiles> ComputeAsync(string path, CancellationToken cancellationToken)
    {
        var archive = new NarFileStream(path);
        await using (archive.ConfigureAwait(false))
        {
            var (hash, size) = await NarWriter.HashAsync(archive, cancellationToken).ConfigureAwait(false);
            return new NarOfFiles(hash, size);
        }
    }
}
