using System.Buffers;

namespace NixRemote.StoreObjects;

/// <summary>
/// The archive of a file, directory or symbolic link of this machine (nar.md §1), made while it is read: memory does not
/// grow with the size of files or trees, only with the number of entries of the directories that are open. To be read
/// asynchronously and in large pieces.
/// </summary>
public sealed partial class NarFileStream : AsyncReadStream
{
    /// <summary>Bytes that are good to ask for at once.</summary>
    public const int ReadSize = 256 << 10;

    private readonly ArrayBufferWriter<byte> _tokens = new();
    private int _tokensRead;
    private long _position;

    /// <summary>Begins the archive; nothing is read yet.</summary>
    /// <param name="path">The path on this machine.</param>
    /// <param name="caseHack">See <see cref="NarCaseHack"/>; null: the default here.</param>
    public NarFileStream(string path, bool? caseHack = null)
    {
        // A slash at the end would make the system follow a link.
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        _caseHack = caseHack ?? NarCaseHack.IsDefault;
    }

    /// <summary>Bytes read so far; it cannot be set.</summary>
    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    /// <summary>Reads the next bytes, as many as fit; 0 after the last one.</summary>
    /// <exception cref="NixRemoteException">NarSourceUnsupported, NarSourceUnreadable, with the file as target.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var filled = 0;
        while (filled < buffer.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_tokensRead < _tokens.WrittenCount)
            {
                filled += TakeTokens(buffer.Span[filled..]);
            }
            else if (_content is not null)
            {
                filled += await ReadContentAsync(buffer[filled..], cancellationToken).ConfigureAwait(false);
            }
            else if (!MoveNext())
            {
                break;
            }
        }

        _position += filled;
        return filled;
    }

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
            _content?.Dispose();
            _content = null;
            _fileKinds?.Dispose();
        }

        base.Dispose(disposing);
    }

    private int TakeTokens(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, _tokens.WrittenCount - _tokensRead);
        _tokens.WrittenSpan.Slice(_tokensRead, count).CopyTo(buffer);
        _tokensRead += count;
        if (_tokensRead == _tokens.WrittenCount)
        {
            _tokens.ResetWrittenCount();
            _tokensRead = 0;
        }

        return count;
    }
}
