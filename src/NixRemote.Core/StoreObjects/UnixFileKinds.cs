using System.Formats.Tar;

namespace NixRemote.StoreObjects;

/// <summary>
/// Tells files from devices, pipes and sockets without opening them. The base library has no property for that; its tar
/// writer looks at the kind before anything else and puts it into the entry's header. To be used for files without
/// content only, since it would copy that as well.
/// </summary>
internal sealed class UnixFileKinds : IDisposable
{
    private const int TypeFlagOffset = 156; // of every tar format

    // COR_E_IO: said by the library itself, not by the system, whose errors carry their own number.
    private const int RefusedByTar = unchecked((int)0x80131620);

    private readonly MemoryStream _header = new();
    private readonly TarWriter _writer;

    public UnixFileKinds() => _writer = new TarWriter(_header, TarEntryFormat.Gnu);

    /// <summary>Whether it is a regular file.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public bool IsRegular(string path)
    {
        try
        {
            _header.SetLength(0);
            _writer.WriteEntry(path, "file");
        }
        catch (IOException exception) when (exception.HResult == RefusedByTar)
        {
            return false; // a socket
        }

        return (TarEntryType)_header.GetBuffer()[TypeFlagOffset]
            is not (TarEntryType.CharacterDevice or TarEntryType.BlockDevice or TarEntryType.Fifo);
    }

    public void Dispose() => _writer.Dispose();
}
