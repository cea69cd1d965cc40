using System.Text;
using Microsoft.Win32.SafeHandles;

namespace NixRemote.StoreObjects;

/// <summary>A file, directory or symbolic link of this machine as a tree of nodes.</summary>
internal sealed class NarFileTree : NarTree<FileSystemInfo>
{
    // Below this a read takes less time than handing it to another thread; and but for Windows that is all that an asynchronous
    // read of a file is.
    private const int SynchronousReadBytes = 64 << 10;

    private static readonly EnumerationOptions AllEntries = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    private readonly string _root;
    private readonly bool _caseHack;
    private UnixFileKinds? _fileKinds;
    private SafeFileHandle? _file;
    private string _filePath = "";
    private long _fileSize;

    /// <summary>Takes a path; nothing is read yet.</summary>
    /// <param name="path">The path.</param>
    /// <param name="caseHack">See <see cref="NarCaseHack"/>; null: the default here.</param>
    public NarFileTree(string path, bool? caseHack)
    {
        // A slash at the end would make the system follow a link.
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        _caseHack = caseHack ?? NarCaseHack.IsDefault;
    }

    public override FileSystemInfo Root => new FileInfo(_root);

    public override long FileSize => _fileSize;

    public override NarNodeKind Enter(FileSystemInfo node, out byte[] target)
    {
        try
        {
            target = [];
            var attributes = node.Attributes;
            if (attributes == (FileAttributes)(-1))
            {
                throw Unreadable(node.FullName, "it does not exist (any more), or its name is not UTF-8");
            }

            if (attributes.HasFlag(FileAttributes.ReparsePoint) && node.LinkTarget is { } text)
            {
                target = Encode(text, "The target of the symbolic link", node.FullName);
                return NarNodeKind.Symlink;
            }

            return attributes.HasFlag(FileAttributes.Directory) ? NarNodeKind.Directory : Open(node as FileInfo ?? new FileInfo(node.FullName));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(node.FullName, exception.Message, exception);
        }
    }

    public override (byte[] Name, FileSystemInfo Node)[] Entries(FileSystemInfo directory, int depth)
    {
        var path = directory.FullName;

        // The root is at depth 0, a node at depth NarDepth is one too many.
        if (depth >= StoreObjectLimits.NarDepth)
        {
            throw Unsupported(path, $"'{path}' is nested deeper than {StoreObjectLimits.NarDepth} directories.");
        }

        try
        {
            var entries = new List<(byte[] Name, FileSystemInfo File)>();
            foreach (var file in new DirectoryInfo(path).EnumerateFileSystemInfos("*", AllEntries))
            {
                var name = _caseHack ? NarCaseHack.Cut(file.Name) : file.Name;
                entries.Add((Encode(name, "The name", file.FullName), file));
            }

            // By bytes, after cutting.
            entries.Sort(static (a, b) => a.Name.AsSpan().SequenceCompareTo(b.Name));
            for (var i = 1; i < entries.Count; i++)
            {
                if (entries[i].Name.AsSpan().SequenceEqual(entries[i - 1].Name))
                {
                    throw Unsupported(path,
                        $"'{entries[i - 1].File.FullName}' and '{entries[i].File.FullName}' would have the same name in the archive.");
                }
            }

            return [.. entries];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, exception.Message, exception);
        }
    }

    public override async ValueTask<int> ReadAsync(long position, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            var count = buffer.Length <= SynchronousReadBytes || !OperatingSystem.IsWindows()
                ? RandomAccess.Read(_file!, buffer.Span, position)
                : await RandomAccess.ReadAsync(_file!, buffer, position, cancellationToken).ConfigureAwait(false);
            return count > 0
                ? count
                : throw Unreadable(_filePath, $"it became shorter while it was read ({position} of {_fileSize} bytes)");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(_filePath, exception.Message, exception);
        }
    }

    public override void CloseFile()
    {
        _file?.Dispose();
        _file = null;
    }

    public override void Dispose()
    {
        base.Dispose();
        _fileKinds?.Dispose();
    }

    private NarNodeKind Open(FileInfo file)
    {
        var path = file.FullName;

        // What is no regular file has no length either, and opening a pipe would wait for its other end.
        if (file.Length == 0 && !OperatingSystem.IsWindows())
        {
            _fileKinds ??= new UnixFileKinds();
            if (!_fileKinds.IsRegular(path))
            {
                throw Unsupported(path, $"'{path}' is a device, pipe or socket; archives hold files, directories and symbolic links.");
            }
        }

        _file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        _filePath = path;
        _fileSize = RandomAccess.GetLength(_file);
        return !OperatingSystem.IsWindows() && file.UnixFileMode.HasFlag(UnixFileMode.UserExecute) ? NarNodeKind.ExecutableFile : NarNodeKind.File;
    }

    private static byte[] Encode(string text, string what, string path)
    {
        // Where the system's bytes are no UTF-8, .NET gives replacement characters: the bytes are lost.
        if (text.Contains('\uFFFD'))
        {
            throw Unsupported(path, $"{what} of '{path}' is not UTF-8; only such names can be archived here.");
        }

        try
        {
            return StrictUtf8.Encoding.GetBytes(text);
        }
        catch (EncoderFallbackException exception)
        {
            throw Unsupported(path, $"{what} of '{path}' is not a text; only such names can be archived here.", exception);
        }
    }

    private static NixRemoteException Unsupported(string path, string message, Exception? inner = null) =>
        new(NixErrors.NarSourceUnsupported, message, inner) { Target = path };

    private static NixRemoteException Unreadable(string path, string reason, Exception? inner = null) =>
        new(NixErrors.NarSourceUnreadable, $"'{path}' cannot be read: {reason.TrimEnd('.')}.", inner) { Target = path };
}
