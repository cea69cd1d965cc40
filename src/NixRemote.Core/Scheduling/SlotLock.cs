namespace NixRemote.Scheduling;

/// <summary>What is taken of a <see cref="SlotDirectory"/>: the locks on the files of a slot, under the names of Nix and of Lix, or the one on the main lock.</summary>
public sealed class SlotLock : IDisposable
{
    private readonly IReadOnlyList<FileLock> _files;

    private SlotLock(IReadOnlyList<FileLock> files) => _files = files;

    /// <summary>Locks all files, or none.</summary>
    /// <returns>Null if another holds one of them.</returns>
    /// <exception cref="IOException">A file cannot be made or opened.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    internal static SlotLock? TryTake(IEnumerable<string> paths)
    {
        var files = new List<FileLock>();
        try
        {
            foreach (var path in paths)
            {
                if (FileLock.TryTake(path) is not { } file)
                {
                    return null;
                }

                files.Add(file);
            }

            var taken = new SlotLock(files);
            files = [];
            return taken;
        }
        finally
        {
            files.ForEach(f => f.Dispose());
        }
    }

    /// <summary>Sets the time of the last change to now, as Nix does with the slot that it chose.</summary>
    public void Touch()
    {
        foreach (var file in _files)
        {
            file.Touch();
        }
    }

    /// <summary>Lets go of it; the files stay.</summary>
    public void Dispose()
    {
        foreach (var file in _files)
        {
            file.Dispose();
        }
    }
}
