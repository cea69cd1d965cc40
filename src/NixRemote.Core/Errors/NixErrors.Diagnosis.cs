using static NixRemote.FailureCategory;

namespace NixRemote;

// What Test-NixBuilder finds, and Register-NixBuilder.
public static partial class NixErrors
{
    /// <summary>A builder that is switched off.</summary>
    public static readonly ErrorDefinition BuilderDisabled = new(nameof(BuilderDisabled), ResourceUnavailable,
        "The builder is switched off in its entry, so that it never gets work.", "Set enabled to true in its entry.");

    /// <summary>An entry with the job count 0.</summary>
    public static readonly ErrorDefinition BuilderTakesNoJobs = new(nameof(BuilderTakesNoJobs), ResourceUnavailable,
        "The job count in the builder's entry is 0, so that it never gets work.", "Give it a job count over 0, or remove it.");

    /// <summary>Nix's daemon does not take this user's builders.</summary>
    public static readonly ErrorDefinition BuildersIgnored = new(nameof(BuildersIgnored), SecurityError,
        "The Nix daemon of this machine does not trust the user, so that Nix ignores the builders of his own configuration; this module uses them.",
        "Write the builders to /etc/nix/machines, or add the user to trusted-users in /etc/nix/nix.conf and restart the daemon.");

    /// <summary>A shell that lets nobody in.</summary>
    public static readonly ErrorDefinition LoginShellRefuses = new(nameof(LoginShellRefuses), AuthenticationError,
        "The login shell of the user there runs no commands.", "Give the user a shell there: usermod --shell /bin/sh USER, on NixOS users.users.USER.useDefaultShell = true.");

    /// <summary>Another command runs than the one that was asked for.</summary>
    public static readonly ErrorDefinition ForcedCommand = new(nameof(ForcedCommand), AuthenticationError,
        "The server runs another command than Nix's program, whatever it is asked for.",
        "Correct command= of the key in authorized_keys, or ForceCommand in sshd_config, to run nix-store --serve --write (ssh://) or nix-daemon --stdio (ssh-ng://).");

    /// <summary>The builder's nix-daemon is not there.</summary>
    public static readonly ErrorDefinition DaemonUnavailable = new(nameof(DaemonUnavailable), ResourceUnavailable,
        "Nix's program on the builder does not reach its daemon.", "Start nix-daemon there: systemctl restart nix-daemon.socket nix-daemon; its log tells why it ended.");

    /// <summary>No answer in time.</summary>
    public static readonly ErrorDefinition BuilderSilent = new(nameof(BuilderSilent), OperationTimeout,
        "The builder let us in, and then did not answer in time.", "Look at its load, memory and disk, and whether its nix-daemon hangs.");

    /// <summary>Writing to the store is not possible.</summary>
    public static readonly ErrorDefinition StoreReadOnly = new(nameof(StoreReadOnly), ReadWriteError,
        "The builder's store cannot be written.", "Check there that /nix is mounted for writing, and that nix-daemon runs as root: mount -o remount,rw /nix.");

    /// <summary>No room is left.</summary>
    public static readonly ErrorDefinition DiskFull = new(nameof(DiskFull), ReadWriteError,
        "The disk of the builder is full.", "Free space there: nix-collect-garbage -d; min-free in its nix.conf keeps room.");

    /// <summary>Not much room is left.</summary>
    public static readonly ErrorDefinition DiskLow = new(nameof(DiskLow), ReadWriteError,
        "The builder has little disk space left.", "Free space there: nix-collect-garbage -d; min-free in its nix.conf keeps room.");

    /// <summary>A claimed system that is not there.</summary>
    public static readonly ErrorDefinition SystemNotBuildable = new(nameof(SystemNotBuildable), InvalidData,
        "The builder's entry claims a system that its Nix does not build.", "Remove the system from the entry, or add it to extra-platforms in the builder's nix.conf (with emulation, binfmt).");

    /// <summary>A claimed feature that is not there.</summary>
    public static readonly ErrorDefinition FeatureMissing = new(nameof(FeatureMissing), InvalidData,
        "The builder's entry claims a feature that its Nix does not have.", "Remove the feature from the entry, or add it to system-features in the builder's nix.conf.");

    /// <summary>max-jobs = 0 on the builder.</summary>
    public static readonly ErrorDefinition NoJobsOnBuilder = new(nameof(NoJobsOnBuilder), ResourceUnavailable,
        "The builder's own nix.conf allows it no builds: max-jobs is 0 there.", "Set max-jobs in the builder's nix.conf to 1 or more, or auto, and restart its daemon.");

    /// <summary>The clocks differ.</summary>
    public static readonly ErrorDefinition ClockSkewed = new(nameof(ClockSkewed), InvalidResult,
        "The clock of the builder differs from this machine's.", "Set the time there: timedatectl set-ntp true.");

    /// <summary>A tiny build failed.</summary>
    public static readonly ErrorDefinition BuildProbeFailed = new(nameof(BuildProbeFailed), InvalidResult,
        "The builder answers, but cannot build even a tiny derivation.", "Act on its own words in the message; nix-build there must work as well.");

    /// <summary>A tiny build did not end.</summary>
    public static readonly ErrorDefinition BuildProbeTimedOut = new(nameof(BuildProbeTimedOut), OperationTimeout,
        "A tiny derivation was not built in time.", "Look there for builds that hang, for locks and for build users that are all taken (nixbld); -BuildTimeout changes the limit.");

    /// <summary>A machine could not be set up.</summary>
    public static readonly ErrorDefinition RegistrationFailed = new(nameof(RegistrationFailed), InvalidResult,
        "The machine could not be set up as a builder; what was done is undone.", "Act on the cause in the message, then repeat Register-NixBuilder.");
}
