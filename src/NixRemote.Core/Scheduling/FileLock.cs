namespace NixRemote.Scheduling;

/// <summary>
/// A file of mode 0600 with an exclusive lock that other programs see too: flock on Linux and macOS, no sharing on Windows. The system lets
/// go of it when the process ends, however it ends; programs that this process starts do not inherit it.
/// </summary>
public sealed class FileLock : IDisposable
{
    // What FileStream reports when another has the lock: EWOULDBLOCK of Linux and of macOS, a sharing or lock violation of Windows.
    private const int WouldBlockOnLinux = 11;
    private const int WouldBlockOnMac = 35;
    private const int SharingViolation = unchecked((int)0x80070020);
    private const int LockViolation = unchecked((int)0x80070021);

    private readonly FileStream _file;

    private FileLock(FileStream file) => _file = file;

    /// <summary>Locks a file, which is made if there is none; null if another has it.</summary>
    /// <exception cref="IOException">The file cannot be made or opened.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public static FileLock? TryTake(string path)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            return new FileLock(new FileStream(path, options));
        }
        catch (IOException exception) when (IsTaken(exception))
        {
            return null;
        }
    }

    /// <summary>Sets the time of the last change to now, as Nix does with the slot that it chose.</summary>
    public void Touch() => File.SetLastWriteTimeUtc(_file.SafeFileHandle, DateTime.UtcNow);

    /// <summary>Lets go of it; the file stays.</summary>
    public void Dispose() => _file.Dispose();

    private static bool IsTaken(IOException exception) => OperatingSystem.IsWindows()
        ? exception.HResult is SharingViolation or LockViolation
        : exception.HResult == (OperatingSystem.IsMacOS() ? WouldBlockOnMac : WouldBlockOnLinux);
}
