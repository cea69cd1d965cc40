using NixRemote.Builders;

namespace NixRemote.Builds;

/// <summary>Where this module keeps what it has learned, for one user.</summary>
public static class StateFolder
{
    /// <summary>The folder: <c>$XDG_STATE_HOME/nixremote</c>; without that variable <c>~/.local/state/nixremote</c> on Linux,
    /// <c>~/Library/Application Support/NixRemote</c> on macOS and <c>%LOCALAPPDATA%\NixRemote</c> on Windows. It may not exist yet.
    /// Null if the user has no home.</summary>
    /// <remarks>As the XDG base directory specification says, a variable that is no absolute path counts as not set.</remarks>
    public static string? Of(NixEnvironment environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        if (environment["XDG_STATE_HOME"] is { } state && Path.IsPathFullyQualified(state))
        {
            return Path.Combine(state, "nixremote");
        }

        if (OperatingSystem.IsWindows())
        {
            return environment["LOCALAPPDATA"] is { } local && Path.IsPathFullyQualified(local) ? Path.Combine(local, "NixRemote") : null;
        }

        return environment.HomeDirectory is not { } home ? null
            : OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Application Support", "NixRemote")
            : Path.Combine(home, ".local", "state", "nixremote");
    }
}
