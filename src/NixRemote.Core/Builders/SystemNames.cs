namespace NixRemote.Builders;

/// <summary>The system names that Nix and Nixpkgs know, to find typing errors.</summary>
public static class SystemNames
{
    /// <summary>Systems that somebody builds for, most common first.</summary>
    public static IReadOnlyList<string> Known { get; } =
    [
        "x86_64-linux", "aarch64-linux", "aarch64-darwin", "x86_64-darwin", "i686-linux", "armv7l-linux", "armv6l-linux", "riscv64-linux",
        "powerpc64le-linux", "powerpc64-linux", "s390x-linux", "loongarch64-linux", "mips64el-linux", "mipsel-linux", "mips64-linux", "mips-linux",
        "x86_64-v1-linux", "x86_64-v2-linux", "x86_64-v3-linux", "x86_64-v4-linux", "armv5tel-linux", "armv7a-linux", "riscv32-linux", "powerpc-linux",
        "s390-linux", "sparc64-linux", "m68k-linux", "alpha-linux", "x86_64-freebsd", "aarch64-freebsd", "i686-freebsd", "x86_64-netbsd", "aarch64-netbsd",
        "x86_64-openbsd", "aarch64-openbsd", "x86_64-solaris", "x86_64-cygwin", "i686-cygwin", "x86_64-windows", "aarch64-windows", "i686-windows",
        "wasm32-wasi", "wasm64-wasi", "javascript-ghcjs", "x86_64-redox", "aarch64-linux-android", "builtin",
    ];

    private static readonly HashSet<string> _known = new(Known, StringComparer.Ordinal);

    /// <summary>Names that other tools have for the same processors.</summary>
    private static readonly Dictionary<string, string> _otherNames = new(StringComparer.OrdinalIgnoreCase)
    {
        ["amd64"] = "x86_64", ["x64"] = "x86_64", ["x86-64"] = "x86_64", ["arm64"] = "aarch64", ["armv8"] = "aarch64", ["i386"] = "i686", ["i586"] = "i686",
        ["x86"] = "i686", ["macos"] = "darwin", ["osx"] = "darwin", ["win32"] = "windows",
    };

    /// <summary>The known system that was probably meant, or null if the name is known or like none.</summary>
    public static string? Suggest(string system)
    {
        ArgumentNullException.ThrowIfNull(system);
        if (_known.Contains(system) || system.Length > 40)
        {
            return null;
        }

        // A processor alone, as other tools have it.
        if (_known.Contains($"{_otherNames.GetValueOrDefault(system, system)}-linux"))
        {
            return $"{_otherNames.GetValueOrDefault(system, system)}-linux";
        }

        var dash = system.LastIndexOfAny(['-', '/', '_']);
        if (dash > 0)
        {
            string Plain(string word) => _otherNames.GetValueOrDefault(word, word);
            var (first, second) = (Plain(system[..dash]), Plain(system[(dash + 1)..]));
            var renamed = new[] { $"{first}-{second}", $"{second}-{first}" }.FirstOrDefault(_known.Contains);
            if (renamed is not null)
            {
                return renamed;
            }
        }

        return Known.FirstOrDefault(known => string.Equals(known, system, StringComparison.OrdinalIgnoreCase)) ?? EditDistance.Nearest(system, Known, 2);
    }

    /// <summary>The name of the system that a Nix of this process's kind would be compiled for.</summary>
    public static string OfThisProcess()
    {
        var processor = System.Runtime.InteropServices.RuntimeInformation.OSArchitecture switch
        {
            System.Runtime.InteropServices.Architecture.X64 => "x86_64",
            System.Runtime.InteropServices.Architecture.X86 => "i686",
            System.Runtime.InteropServices.Architecture.Arm64 => "aarch64",
            System.Runtime.InteropServices.Architecture.Arm => "armv7l",
            System.Runtime.InteropServices.Architecture.Armv6 => "armv6l",
            System.Runtime.InteropServices.Architecture.Ppc64le => "powerpc64le",
            var other => other.ToString().ToLowerInvariant(),
        };
        var kernel = OperatingSystem.IsMacOS() ? "darwin" : OperatingSystem.IsWindows() ? "windows" : OperatingSystem.IsFreeBSD() ? "freebsd" : "linux";
        return $"{processor}-{kernel}";
    }
}
