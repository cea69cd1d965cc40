using System.Text;

namespace NixRemote.StoreObjects;

/// <summary>Makes files of what an archive holds, for <see cref="NarRestorer"/>.</summary>
internal sealed class NarFileVisitor : INarVisitor, IDisposable
{
    private readonly string _target;
    private readonly bool _caseHack;
    private readonly Stack<OpenDirectory> _directories = new();
    private string _node;
    private FileStream? _file;
    private bool _created;

    public NarFileVisitor(string target, bool caseHack)
    {
        _target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        _node = _target;
        _caseHack = caseHack;
    }

    public void BeginDirectory()
    {
        // Creating a directory is the one operation that succeeds on what exists, even through a link.
        Create(path =>
        {
            if (Exists(path))
            {
                throw new IOException("Another entry has this name already, as the file system compares names.");
            }

            Directory.CreateDirectory(path);
        });
        _directories.Push(new OpenDirectory(_node, _caseHack));
    }

    public void Entry(ReadOnlySpan<byte> name)
    {
        var directory = _directories.Peek();
        var text = Decode(name, "The name");
        if (OperatingSystem.IsWindows() && WindowsFileNames.WhyNot(text) is { } reason)
        {
            throw Unsupported($"The name {PrintableBytes.Quote(name)} in '{directory.Path}' cannot be here: {reason}.");
        }

        if (_caseHack)
        {
            if (text.Contains(NarCaseHack.Suffix, StringComparison.Ordinal))
            {
                throw Unsupported(
                    $"The name {PrintableBytes.Quote(name)} in '{directory.Path}' already has the suffix for names that differ in case.");
            }

            text = directory.Distinct(text);
        }

        _node = $"{directory.Path}{Path.DirectorySeparatorChar}{text}";
    }

    public void EndDirectory() => _directories.Pop();

    public void BeginFile(long size, bool executable) => Create(path =>
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            const UnixFileMode ReadWrite = UnixFileMode.UserRead | UnixFileMode.UserWrite
                | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
            const UnixFileMode Execute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
            options.UnixCreateMode = executable ? ReadWrite | Execute : ReadWrite; // less the umask
        }

        _file = new FileStream(path, options);
    });

    public void Content(ReadOnlySpan<byte> chunk)
    {
        try
        {
            _file!.Write(chunk);
        }
        catch (Exception exception) when (IsOfFiles(exception))
        {
            throw Failed(_node, exception.Message, exception);
        }
    }

    public void EndFile()
    {
        _file!.Dispose();
        _file = null;
    }

    public void Symlink(ReadOnlySpan<byte> target)
    {
        var text = Decode(target, "The target of the symbolic link");
        Create(path =>
        {
            // Windows knows two kinds of links, and which it must be depends on what is there.
            if (OperatingSystem.IsWindows() && Directory.Exists(Path.Combine(Path.GetDirectoryName(path)!, text)))
            {
                Directory.CreateSymbolicLink(path, text);
            }
            else
            {
                File.CreateSymbolicLink(path, text);
            }
        });
    }

    /// <summary>Closes the file that is being written.</summary>
    public void Dispose() => _file?.Dispose();

    private static bool Exists(string path) => new FileInfo(path).Attributes != (FileAttributes)(-1); // also a link to nothing

    private static bool IsOfFiles(Exception exception) => exception is IOException or UnauthorizedAccessException;

    /// <summary>Checks that the target can be made.</summary>
    public void CheckTarget()
    {
        if (!Directory.Exists(Path.GetDirectoryName(_target)))
        {
            throw Failed(_target, "its directory does not exist");
        }

        if (Exists(_target))
        {
            throw Failed(_target, "it exists already");
        }
    }

    private void Create(Action<string> create)
    {
        try
        {
            create(_node);
            _created = true;
        }
        catch (Exception exception) when (IsOfFiles(exception))
        {
            throw Failed(_node, exception.Message, exception);
        }
    }

    /// <summary>Removes what was made until then.</summary>
    public void Remove(Exception cause)
    {
        _file?.Dispose();
        if (!_created)
        {
            return;
        }

        try
        {
            var attributes = new FileInfo(_target).Attributes;
            if (attributes.HasFlag(FileAttributes.Directory) && !attributes.HasFlag(FileAttributes.ReparsePoint))
            {
                Directory.Delete(_target, recursive: true); // links in it are removed, not followed
            }
            else
            {
                File.Delete(_target);
            }
        }
        catch (Exception exception) when (IsOfFiles(exception))
        {
            throw Failed(_target, $"{cause.Message.TrimEnd('.')}; what was unpacked until then could not be removed: {exception.Message}",
                new AggregateException(cause, exception));
        }
    }

    private string Decode(ReadOnlySpan<byte> bytes, string what)
    {
        try
        {
            return StrictUtf8.Encoding.GetString(bytes);
        }
        catch (DecoderFallbackException exception)
        {
            throw Unsupported($"{what} {PrintableBytes.Quote(bytes)} in '{_target}' is not UTF-8; only such names can be here.", exception);
        }
    }

    private NixRemoteException Unsupported(string message, Exception? inner = null) =>
        new(NixErrors.NarNameUnsupported, message, inner) { Target = _target };

    private NixRemoteException Failed(string path, string reason, Exception? inner = null) =>
        new(NixErrors.NarRestoreFailed, $"'{path}' cannot be unpacked: {reason.TrimEnd('.')}.", inner) { Target = _target };

    private sealed class OpenDirectory(string path, bool caseHack)
    {
        // How often each name was there, ignoring case.
        private readonly Dictionary<string, int>? _names = caseHack ? new(StringComparer.OrdinalIgnoreCase) : null;

        public string Path => path;

        public string Distinct(string name)
        {
            var count = _names!.GetValueOrDefault(name);
            _names![name] = count + 1;
            return count == 0 ? name : $"{name}{NarCaseHack.Suffix}{count}";
        }
    }
}
