using System.Collections;

namespace NixRemote.Builders;

/// <summary>What of the process and the machine decides which configuration Nix uses (config.md §2, §3, §5). The core has no other
/// knowledge of either: tests and other callers make their own.</summary>
public sealed record NixEnvironment
{
    /// <summary>The environment variables. Names are compared as the system does.</summary>
    public required IReadOnlyDictionary<string, string> Variables { get; init; }

    /// <summary>The user's home directory, or null if there is none.</summary>
    public string? HomeDirectory { get; init; }

    /// <summary>Nix's system-wide configuration directory, if <c>NIX_CONF_DIR</c> does not say another.</summary>
    public string ConfigurationDirectory { get; init; } = "/etc/nix";

    /// <summary>The user's configuration directory of Nix on Windows, if <c>NIX_CONFIG_HOME</c> does not say another; null elsewhere.</summary>
    public string? RoamingConfigurationDirectory { get; init; }

    /// <summary>What separates paths in <c>NIX_USER_CONF_FILES</c>, <c>XDG_CONFIG_DIRS</c> and <c>NIX_REMOTE_SYSTEMS</c>: <c>:</c>, on Windows <c>;</c>.</summary>
    public char PathSeparator { get; init; } = ':';

    /// <summary>The system that Nix is compiled for here.</summary>
    public required string System { get; init; }

    /// <summary>The default of <c>extra-platforms</c>.</summary>
    public IReadOnlyList<string> ExtraPlatforms { get; init; } = [];

    /// <summary>The default of <c>system-features</c>.</summary>
    public IReadOnlyList<string> SystemFeatures { get; init; } = ["nixos-test", "benchmark", "big-parallel"];

    /// <summary>Processors: what <c>max-jobs = auto</c> and <c>cores</c> mean.</summary>
    public int ProcessorCount { get; init; } = 1;

    /// <summary>A variable's value, or null.</summary>
    public string? this[string variable] => Variables.GetValueOrDefault(variable);

    /// <summary>The environment of this process on this machine: the only place that asks for it.</summary>
    public static NixEnvironment OfThisProcess()
    {
        var variables = new Dictionary<string, string>(OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            variables[(string)variable.Key] = (string?)variable.Value ?? "";
        }

        var system = SystemNames.OfThisProcess();
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return new NixEnvironment
        {
            Variables = variables,
            HomeDirectory = home.Length == 0 ? null : home,
            ConfigurationDirectory = OperatingSystem.IsWindows()
                ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.CommonApplicationData), "nix")
                : "/etc/nix",
            RoamingConfigurationDirectory = OperatingSystem.IsWindows()
                ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "nix", "config")
                : null,
            PathSeparator = Path.PathSeparator,
            System = system,
            ExtraPlatforms = PlatformsBeside(system),
            SystemFeatures = FeaturesHere(),
            ProcessorCount = Environment.ProcessorCount,
        };
    }

    private static IReadOnlyList<string> PlatformsBeside(string system) => system switch
    {
        "x86_64-linux" => ["i686-linux", "x86_64-v1-linux", .. X64Levels()],
        "aarch64-darwin" when Directory.Exists("/Library/Apple/usr/libexec/oah") => ["x86_64-darwin"],
        _ => [],
    };

    // The micro-architecture levels of the x86-64 psABI, by instructions that each of them adds.
    private static IEnumerable<string> X64Levels()
    {
        if (global::System.Runtime.Intrinsics.X86.Sse42.IsSupported && global::System.Runtime.Intrinsics.X86.Popcnt.IsSupported)
        {
            yield return "x86_64-v2-linux";
            if (global::System.Runtime.Intrinsics.X86.Avx2.IsSupported && global::System.Runtime.Intrinsics.X86.Bmi2.IsSupported &&
                global::System.Runtime.Intrinsics.X86.Fma.IsSupported)
            {
                yield return "x86_64-v3-linux";
                if (global::System.Runtime.Intrinsics.X86.Avx512F.IsSupported && global::System.Runtime.Intrinsics.X86.Avx512BW.VL.IsSupported)
                {
                    yield return "x86_64-v4-linux";
                }
            }
        }
    }

    private static IReadOnlyList<string> FeaturesHere()
    {
        List<string> features = ["nixos-test", "benchmark", "big-parallel"];
        if (OperatingSystem.IsLinux())
        {
            features.Add("uid-range");
            if (CanUseKvm())
            {
                features.Add("kvm");
            }
        }
        else if (OperatingSystem.IsMacOS())
        {
            features.Add("apple-virt");
        }

        return features;
    }

    private static bool CanUseKvm()
    {
        try
        {
            using var device = new FileStream("/dev/kvm", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
            return true;
        }
        catch (Exception absent) when (absent is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return false;
        }
    }
}
