using System.Runtime.InteropServices;

namespace NixRemote.Adapters.Ssh;

/// <summary>Whose file it is, which .NET does not tell on Unix.</summary>
internal static class FileOwner
{
    /// <summary>Whether a file belongs to the user of this process; true as well where that cannot be found out.</summary>
    public static bool IsThisUser(string file)
    {
        if (!OperatingSystem.IsLinux())
        {
            return true;
        }

        // struct statx (statx(2)), the same on all architectures: uint32 mask, uint32 block size, uint64 attributes, uint32 links,
        // uint32 user id at byte 20.
        const int currentFolder = -100;
        const uint wantsUserId = 0x8;
        var status = new byte[256];
        try
        {
            return StatX(currentFolder, file, 0, wantsUserId, status) != 0 || BitConverter.ToUInt32(status, 20) == GetEffectiveUserId();
        }
        catch (EntryPointNotFoundException)
        {
            // A C library from before statx.
            return true;
        }
    }

    [DllImport("libc", EntryPoint = "statx", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int StatX(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, [Out] byte[] status);

    [DllImport("libc", EntryPoint = "geteuid")]
    private static extern uint GetEffectiveUserId();
}
