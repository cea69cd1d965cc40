using System.Text;
using Microsoft.Win32.SafeHandles;

namespace NixRemote.StoreObjects;

// The walk over the files: each step appends the tokens up to the next file's content.
public sealed partial class NarFileStream
{
    // Below this a read takes less time than handing it to another thread; and but for Windows that is all that an asynchronous
    // read of a file is.
    private const int SynchronousReadBytes = 64 << 10;

    private static readonly EnumerationOptions AllEntries = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    private readonly string _root;
    private readonly bool _caseHack;
    private readonly Stack<OpenDirectory> _directories = new();
    private UnixFileKinds? _fileKinds;
    private bool _begun;

    // The file whose content comes next.
    private SafeFileHandle? _content;
    private string _contentPath = "";
    private long _contentSize;
    private long _contentRead;

    // nar := "nix-archive-1" node
    private bool MoveNext()
    {
        if (!_begun)
        {
            _begun = true;
            Token(NarTokens.Magic);
            BeginNode(new FileInfo(_root));
            return true;
        }

        if (!_directories.TryPeek(out var directory))
        {
            return false;
        }

        if (directory.Next < directory.Entries.Length)
        {
            // entry := "entry" "(" "name" <string> "node" node ")"
            var (name, file) = directory.Entries[directory.Next++];
            Token("entry"u8);
            Token("("u8);
            Token("name"u8);
            Token(name);
            Token("node"u8);
            BeginNode(file);
        }
        else
        {
            _directories.Pop();
            EndNode();
        }

        return true;
    }

    // node := "(" "type" body ")"
    private void BeginNode(FileSystemInfo file)
    {
        try
        {
            var attributes = file.Attributes;
            if (attributes == (FileAttributes)(-1))
            {
                throw Unreadable(file.FullName, "it does not exist (any more), or its name is not UTF-8");
            }

            Token("("u8);
            Token("type"u8);
            if (attributes.HasFlag(FileAttributes.ReparsePoint) && file.LinkTarget is { } target)
            {
                // body := "symlink" "target" <string>
                Token("symlink"u8);
                Token("target"u8);
                Token(Encode(target, "The target of the symbolic link", file.FullName));
                EndNode();
            }
            else if (attributes.HasFlag(FileAttributes.Directory))
            {
                // body := "directory" entry*
                BeginDirectory(file.FullName);
            }
            else
            {
                BeginFile(file as FileInfo ?? new FileInfo(file.FullName));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(file.FullName, exception.Message, exception);
        }
    }

    private void EndNode()
    {
        Token(")"u8);
        if (_directories.Count > 0)
        {
            Token(")"u8); // of the entry
        }
    }

    private void BeginDirectory(string path)
    {
        // The root is at depth 0, a node at depth NarDepth is one too many.
        if (_directories.Count >= StoreObjectLimits.NarDepth)
        {
            throw Unsupported(path, $"'{path}' is nested deeper than {StoreObjectLimits.NarDepth} directories.");
        }

        Token("directory"u8);
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

        _directories.Push(new OpenDirectory([.. entries]));
    }

    // body := "regular" [ "executable" "" ] "contents" <u64 n> <n bytes> <pad to 8>
    private void BeginFile(FileInfo file)
    {
        var path = file.FullName;

        // What is no regular file has no length either, and opening a pipe would wait for its other end.
        var empty = file.Length == 0;
        if (empty && !OperatingSystem.IsWindows())
        {
            _fileKinds ??= new UnixFileKinds();
            if (!_fileKinds.IsRegular(path))
            {
                throw Unsupported(path, $"'{path}' is a device, pipe or socket; archives hold files, directories and symbolic links.");
            }
        }

        _content = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        _contentPath = path;
        _contentSize = RandomAccess.GetLength(_content);
        _contentRead = 0;
        Token("regular"u8);
        if (!OperatingSystem.IsWindows() && file.UnixFileMode.HasFlag(UnixFileMode.UserExecute))
        {
            Token("executable"u8);
            Token([]);
        }

        Token("contents"u8);
        NarTokens.WriteLength(_tokens, _contentSize);
    }

    private async ValueTask<int> ReadContentAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var left = _contentSize - _contentRead;
        if (left == 0)
        {
            EndFile();
            return 0;
        }

        try
        {
            var piece = buffer[..(int)Math.Min(buffer.Length, left)];
            var count = piece.Length <= SynchronousReadBytes || !OperatingSystem.IsWindows()
                ? RandomAccess.Read(_content!, piece.Span, _contentRead)
                : await RandomAccess.ReadAsync(_content!, piece, _contentRead, cancellationToken).ConfigureAwait(false);
            _contentRead += count;
            return count > 0
                ? count
                : throw Unreadable(_contentPath, $"it became shorter while it was read ({_contentRead} of {_contentSize} bytes)");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(_contentPath, exception.Message, exception);
        }
    }

    private void EndFile()
    {
        _content!.Dispose();
        _content = null;
        NarTokens.WritePadding(_tokens, _contentSize);
        EndNode();
    }

    private void Token(ReadOnlySpan<byte> token) => NarTokens.Write(_tokens, token);

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

    private sealed class OpenDirectory((byte[] Name, FileSystemInfo File)[] entries)
    {
        public (byte[] Name, FileSystemInfo File)[] Entries => entries;

        public int Next { get; set; }
    }
}
