namespace NixRemote.StoreObjects;

/// <summary>Names that Windows gives another meaning, or changes (nar.md §1.3).</summary>
internal static class WindowsFileNames
{
    private static readonly string[] Devices =
    [
        "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$",
        "COM0", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9", "COM¹", "COM²", "COM³",
        "LPT0", "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9", "LPT¹", "LPT²", "LPT³",
    ];

    /// <summary>Why a file there cannot have the name; null if it can.</summary>
    public static string? WhyNot(string name)
    {
        // A device keeps its meaning with any extension and with blanks before it.
        var stem = name.Split('.', 2)[0].TrimEnd(' ');
        if (Devices.Contains(stem, StringComparer.OrdinalIgnoreCase))
        {
            return $"'{stem}' is a device on Windows";
        }

        if (name[^1] is '.' or ' ')
        {
            return "Windows cuts blanks and dots off at the end";
        }

        foreach (var c in name)
        {
            if (c < ' ' || "<>:\"/\\|?*".Contains(c))
            {
                return $"Windows does not allow U+{(int)c:X4} in names";
            }
        }

        return null;
    }
}
