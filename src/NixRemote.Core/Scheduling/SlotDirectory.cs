using System.Text;
using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Scheduling;

/// <summary>
/// The job slots of builders as lock files in a directory that all coordinators of a machine share, Nix's own build hook among them
/// (scheduling.md §4, §4.1): whoever builds on a builder holds one of its <c>maxJobs</c> files, whoever chooses holds <c>main-lock</c>.
/// </summary>
/// <remarks>Nix and Lix name the files of one slot differently. Which of them works on this machine is not to be seen from here, and the two
/// do not see each other; so a slot is taken under both names.</remarks>
public sealed class SlotDirectory
{
    /// <summary>The name of Nix's directory in its state directory.</summary>
    public const string DirectoryName = "current-load";

    private const string MainLockName = "main-lock";

    // The longest name of a file on Linux, macOS and Windows; and what Lix makes of a URI.
    private const int MaxNameBytes = 255;
    private const int KeptBytes = 48;
    private const int DigestCharacters = 16;

    private SlotDirectory(string path) => Path = path;

    /// <summary>The directory.</summary>
    public string Path { get; }

    /// <summary>Opens the directory, which is made if it is not there, and proves that locks can be taken in it.</summary>
    /// <exception cref="NixRemoteException">SlotsNotShared: the directory or its main lock cannot be written.</exception>
    public static SlotDirectory Open(string path)
    {
        var slots = new SlotDirectory(path);
        try
        {
            Directory.CreateDirectory(path);
            slots.TryTakeMain()?.Dispose();
            return slots;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw slots.NotShared(exception);
        }
    }

    /// <summary>Takes the lock under which slots are probed and taken; null while another coordinator chooses, which takes it milliseconds.</summary>
    /// <exception cref="NixRemoteException">SlotsNotShared.</exception>
    public SlotLock? TryTakeMain() => TryTake([MainLockName]);

    /// <summary>Takes the first free slot of a builder. To be called with the main lock held: a coordinator that probes would be taken for
    /// one that builds.</summary>
    /// <param name="builder">The builder's URI.</param>
    /// <param name="maxJobs">Its slots.</param>
    /// <param name="busy">Its slots that others hold, of this process or not.</param>
    /// <returns>The slot, to be disposed when the build has ended; null if all are taken.</returns>
    /// <exception cref="NixRemoteException">SlotsNotShared.</exception>
    public SlotLock? TryTakeSlot(StoreUri builder, int maxJobs, out int busy)
    {
        SlotLock? free = null;
        busy = 0;
        for (var slot = 0; slot < maxJobs; slot++)
        {
            var taken = TryTake(SlotNames(builder, slot));
            if (taken is null)
            {
                busy++;
            }
            else if (free is null)
            {
                free = taken;
            }
            else
            {
                taken.Dispose();
            }
        }

        free?.Touch();
        return free;
    }

    /// <summary>The names of a slot's files. Nix's: the URI with <c>_</c> for every <c>/</c>, a dash, and the number; it fails on one that no
    /// file system takes, and so that is left out. Lix's: the first 48 bytes of the same, a dash, 16 digits of the URI's SHA-256 in
    /// nix-base32, a dash, and the number.</summary>
    /// <remarks>The URI is in its canonical form, as newer Nix writes it; older ones and Lix take it as the user wrote it, which is nearly
    /// always the same. On Windows, where neither is that would share them, what its file names cannot hold is <c>_</c> too.</remarks>
    public static IReadOnlyList<string> SlotNames(StoreUri builder, int slot)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var uri = builder.Canonical;
        var escaped = OperatingSystem.IsWindows()
            ? string.Join('_', uri.Split(System.IO.Path.GetInvalidFileNameChars()))
            : uri.Replace('/', '_');
        var bytes = Encoding.UTF8.GetBytes(escaped);
        var kept = Encoding.UTF8.GetString(bytes.AsSpan(0, Math.Min(bytes.Length, KeptBytes))).TrimEnd('\uFFFD');
        var lix = $"{kept}-{NixHash.Sha256(Encoding.UTF8.GetBytes(uri)).ToNixBase32()[..DigestCharacters]}-{slot}";
        var nix = $"{escaped}-{slot}";
        return Encoding.UTF8.GetByteCount(nix) <= MaxNameBytes ? [nix, lix] : [lix];
    }

    private SlotLock? TryTake(IReadOnlyList<string> names)
    {
        try
        {
            return SlotLock.TryTake(names.Select(n => System.IO.Path.Combine(Path, n)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw NotShared(exception);
        }
    }

    private NixRemoteException NotShared(Exception exception) =>
        new(NixErrors.SlotsNotShared, $"Lock files cannot be used in '{Path}': {exception.Message}", exception) { Target = Path };
}
