using System.Runtime.InteropServices;

namespace NixRemote.Transport;

/// <summary>What ssh_config and known_hosts depend on beside their text: who and where the caller is.</summary>
internal sealed record SshEnvironment
{
    /// <summary>The caller's home folder: <c>~</c> and <c>%d</c>.</summary>
    public required string Home { get; init; }

    /// <summary>The caller's own name: <c>%u</c>.</summary>
    public required string UserName { get; init; }

    /// <summary>The caller's user id: <c>%i</c>; null on Windows.</summary>
    public uint? UserId { get; init; }

    /// <summary>This machine's name: <c>%l</c>.</summary>
    public required string LocalHostName { get; init; }

    /// <summary>The folder of the system's ssh_config and ssh_known_hosts.</summary>
    public required string SystemFolder { get; init; }

    /// <summary>Where an agent is when the environment does not say: Windows has one pipe for all.</summary>
    public string? DefaultAgent { get; init; }

    /// <summary>Reads a variable of the environment.</summary>
    public required Func<string, string?> Variable { get; init; }

    /// <summary>The folder of the user's own configuration.</summary>
    public string UserFolder => Path.Combine(Home, ".ssh");

    /// <summary>The calling process's environment.</summary>
    public static SshEnvironment Current => new()
    {
        Home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
        UserName = Environment.UserName,
        UserId = OperatingSystem.IsWindows() ? null : GetUserId(),
        LocalHostName = System.Net.Dns.GetHostName(),
        SystemFolder = OperatingSystem.IsWindows()
            ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.CommonApplicationData), "ssh")
            : "/etc/ssh",
        DefaultAgent = OperatingSystem.IsWindows() ? @"\\.\pipe\openssh-ssh-agent" : null,
        Variable = Environment.GetEnvironmentVariable,
    };

    /// <summary>Puts the home folder in place of a leading <c>~/</c>; other users' homes are left as they are.</summary>
    public string ExpandHome(string path) =>
        path == "~" ? Home
        : path.StartsWith("~/", StringComparison.Ordinal) || (OperatingSystem.IsWindows() && path.StartsWith(@"~\", StringComparison.Ordinal))
            ? Path.Combine(Home, path[2..])
            : path;

    [DllImport("libc", EntryPoint = "getuid")]
    private static extern uint GetUserId();
}
