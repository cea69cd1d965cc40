using System.Buffers;

namespace NixRemote.StoreObjects;

/// <summary>
/// The archive of a file, directory or symbolic link of this machine (nar.md §1), made while it is read: memory does not
/// grow with the size of files or trees, only with the number of entries of the directories that are open. To be read
/// asynchronously and in large pieces.
/// </summary>
public sealed class NarFileStream : AsyncReadStream
{
    /// <summary>Bytes that are good to ask for at once.</summary>
    public const int ReadSize = 256 << 10;

    private readonly NarTreeStream<FileSystemInfo> _archive;

    /// <summary>Begins the archive; nothing is read yet.</summary>
    /// <param name="path">The path on this machine.</param>
    /// <param name="caseHack">See <see cref="NarCaseHack"/>; null: the default here.</param>
    public NarFileStream(string path, bool? caseHack = null) => _archive = new NarTreeStream<FileSystemInfo>(new NarFileTree(path, caseHack));

    /// <summary>Bytes read so far; it cannot be set.</summary>
    public override long Position
    {
        get => _archive.Position;
        set => throw new NotSupportedException();
    }

    /// <summary>Reads the next bytes, as many as fit; 0 after the last one.</summary>
    /// <exception cref="NixRemoteException">NarSourceUnsupported, NarSourceUnreadable, with the file as target.</exception>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _archive.ReadAsync(buffer, cancellationToken);

    /// <inheritdoc cref="ReadAsync(Memory{byte}, CancellationToken)" path="/exception"/>
    /// <summary>Writes the rest of the archive to the destination, in pieces of at least <see cref="ReadSize"/>.</summary>
    public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Max(bufferSize, ReadSize));
        try
        {
            while (await ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is var count and > 0)
            {
                await destination.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _archive.Dispose();
        }

        base.Dispose(disposing);
    }
}
