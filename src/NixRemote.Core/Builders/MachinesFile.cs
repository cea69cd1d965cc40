using System.Formats.Tar;
using System.Text;

namespace NixRemote.Builders;

/// <summary>Puts a text in a file's place at once: whoever reads it sees the old text or the new one, never a part.</summary>
public static class MachinesFile
{
    /// <summary>Writes beside the file, then renames. An existing file keeps its mode, and a link stays a link to the file that is replaced.
    /// A device, a pipe or a folder is never replaced.</summary>
    /// <param name="path">The file.</param>
    /// <param name="text">Its new text, written as UTF-8 without a byte order mark.</param>
    /// <param name="overwrite">Whether an existing file may be replaced.</param>
    /// <exception cref="NixRemoteException">DestinationExists, DestinationUnwritable.</exception>
    public static void Write(string path, string text, bool overwrite)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(text);
        string? beside = null;
        try
        {
            var link = new FileInfo(path);
            var target = (link.LinkTarget is null ? null : link.ResolveLinkTarget(returnFinalTarget: true)?.FullName) ?? link.FullName;
            if (Directory.Exists(target))
            {
                throw Unwritable(path, "It is a directory.");
            }

            var exists = File.Exists(target);
            if (exists && !overwrite)
            {
                throw Exists(path);
            }

            if (exists && !IsRegular(target))
            {
                throw Unwritable(path, "It is a device or a pipe.");
            }

            var name = Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}.{Guid.NewGuid():N}");
            using (var file = new FileStream(name, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                beside = name;
                if (exists && !OperatingSystem.IsWindows())
                {
                    // Before there is anything in it: a file that others may not read never shows its text.
                    File.SetUnixFileMode(file.SafeFileHandle, File.GetUnixFileMode(target));
                }

                file.Write(new UTF8Encoding(encoderShouldEmitUTF8Identifier: false).GetBytes(text));
                file.Flush(flushToDisk: true);
            }

            if (exists && OperatingSystem.IsWindows())
            {
                File.Replace(name, target, destinationBackupFileName: null);
            }
            else
            {
                File.Move(name, target, overwrite);
            }

            beside = null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw !overwrite && File.Exists(path)
                ? Exists(path)
                : Unwritable(path, failure.Message, failure);
        }
        finally
        {
            if (beside is not null)
            {
                File.Delete(beside);
            }
        }
    }

    /// <summary>Whether an existing file is one, and not a device such as /dev/null, which a rename would replace. The framework tells kinds
    /// of files only to those who archive them; what has a length is none of the special ones.</summary>
    private static bool IsRegular(string path)
    {
        if (OperatingSystem.IsWindows() || new FileInfo(path).Length > 0)
        {
            return true;
        }

        using var archive = new MemoryStream();
        using (var writer = new TarWriter(archive, leaveOpen: true))
        {
            writer.WriteEntry(path, "file");
        }

        archive.Position = 0;
        using var reader = new TarReader(archive);
        return reader.GetNextEntry()?.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile;
    }

    private static NixRemoteException Unwritable(string path, string why, Exception? cause = null) =>
        new(NixErrors.DestinationUnwritable, $"'{path}' cannot be written. {why}", cause) { Target = path };

    private static NixRemoteException Exists(string path) => new(NixErrors.DestinationExists, $"The file '{path}' exists.") { Target = path };
}
