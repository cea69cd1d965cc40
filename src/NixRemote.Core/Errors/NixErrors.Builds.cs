using static NixRemote.FailureCategory;

namespace NixRemote;

// Errors of runs of builds.
public static partial class NixErrors
{
    /// <summary>The builder program failed.</summary>
    public static readonly ErrorDefinition BuildFailed = new(nameof(BuildFailed), InvalidResult,
        "The build itself failed.", "Read the end of its log in the message; the failure is the same on any builder.");

    /// <summary>A build limit passed.</summary>
    public static readonly ErrorDefinition BuildTimedOut = new(nameof(BuildTimedOut), OperationTimeout,
        "The build ran into a time or silence limit.", "Raise -Timeout or -MaxSilentTime.");

    /// <summary>The build wrote more log than allowed.</summary>
    public static readonly ErrorDefinition BuildLogLimit = new(nameof(BuildLogLimit), InvalidResult,
        "The build wrote more log than is allowed.", "Raise max-build-log-size.");

    /// <summary>Something that it needs failed.</summary>
    public static readonly ErrorDefinition DependencyFailed = new(nameof(DependencyFailed), InvalidResult,
        "A derivation that this one needs was not built.", "See the error of that derivation.");

    /// <summary>No builder has the system or the features.</summary>
    public static readonly ErrorDefinition NoEligibleBuilder = new(nameof(NoEligibleBuilder), ResourceUnavailable,
        "No builder takes the derivation.", "Add a builder with this system and these features; the message tells why each one was not taken.");

    /// <summary>There are no builders at all.</summary>
    public static readonly ErrorDefinition NoBuilders = new(nameof(NoBuilders), ResourceUnavailable,
        "No builder is configured or given.", "Write builders to /etc/nix/machines, or give -Builder.");

    /// <summary>Infrastructure of a builder failed during a build.</summary>
    public static readonly ErrorDefinition BuilderFailed = new(nameof(BuilderFailed), ConnectionError,
        "The builder failed, not the build.", "Test-NixBuilder tells what is wrong with the machine.");

    /// <summary>Two builds of one derivation differ.</summary>
    public static readonly ErrorDefinition OutputsDiffer = new(nameof(OutputsDiffer), InvalidResult,
        "A derivation was built twice with different outputs.", "Compare the two that the message names (diffoscope, diff -r), and remove from the build what differs, such as times and random names.");

    /// <summary>A derivation cannot be built again.</summary>
    public static readonly ErrorDefinition RebuildImpossible = new(nameof(RebuildImpossible), ResourceUnavailable,
        "There is nothing to compare a rebuild with, or no builder that can build again.", "The message tells which; build it first, or add a builder or reach it over ssh-ng://.");

    /// <summary>The lock files of builders' slots cannot be used.</summary>
    public static readonly ErrorDefinition SlotsNotShared = new(nameof(SlotsNotShared), ReadWriteError,
        "The lock files by which programs on this machine share the builders' job slots cannot be written.",
        "Let the user write there, or set NIX_CURRENT_LOAD to a folder that all who build may write; else job counts hold for each process by itself.");

    /// <summary>The history of builds cannot be used.</summary>
    public static readonly ErrorDefinition HistoryUnusable = new(nameof(HistoryUnusable), ReadWriteError,
        "The history of builds cannot be read or written; builds go on without it.",
        "Check the file that the message names, or give -NoHistory.");

    /// <summary>The history of builds is damaged.</summary>
    public static readonly ErrorDefinition HistoryDamaged = new(nameof(HistoryDamaged), InvalidData,
        "The history of builds is damaged; it was put aside, and a new one begins.",
        "Nothing is needed; delete the file that was put aside.");

    /// <summary>Something else is where an output should be unpacked.</summary>
    public static readonly ErrorDefinition UnpackTargetExists = new(nameof(UnpackTargetExists), InvalidArgument,
        "An output cannot be unpacked: something else has its name in the folder.", "Move it away, or give another folder with -Unpack.");
}
