using System.Runtime.InteropServices;

namespace NixRemote.Stores;

/// <summary>What the choice of the local store depends on (config.md, <c>store</c>).</summary>
internal sealed record LocalStoreEnvironment
{
    private const string DefaultStateDirectory = "/nix/var/nix";
    private const int ReadAndWrite = 6;

    /// <summary>Reads a variable of the environment.</summary>
    public required Func<string, string?> Variable { get; init; }

    /// <summary>Whether this process may read and write in a directory.</summary>
    public required Func<string, bool> IsWritable { get; init; }

    /// <summary>Whether there is such a file, of whatever kind.</summary>
    public required Func<string, bool> Exists { get; init; }

    /// <summary>The calling process's own.</summary>
    public static LocalStoreEnvironment Current { get; } = new()
    {
        Variable = Environment.GetEnvironmentVariable,
        IsWritable = static path => !OperatingSystem.IsWindows() && Directory.Exists(path) && Access(path, ReadAndWrite) == 0,
        Exists = File.Exists,
    };

    /// <summary>Nix's state directory.</summary>
    public string StateDirectory => Given("NIX_STATE_DIR") ?? DefaultStateDirectory;

    /// <summary>The daemon's socket.</summary>
    public string DaemonSocket => Given("NIX_DAEMON_SOCKET_PATH") ?? StateDirectory + "/daemon-socket/socket";

    /// <summary>The store that Nix itself would use: NIX_REMOTE, else the store's files if they are ours, else the daemon.</summary>
    /// <exception cref="NixRemoteException">LocalStoreUnavailable: there is none. StoreUriInvalid: in NIX_REMOTE.</exception>
    public StoreUri Choose()
    {
        if (Given("NIX_REMOTE") is { } remote && StoreUri.Parse(remote) is { Scheme: not StoreScheme.Auto } uri)
        {
            return uri;
        }

        if (IsWritable(StateDirectory))
        {
            return StoreUri.Parse("local");
        }

        return Exists(DaemonSocket)
            ? StoreUri.Parse("daemon")
            : throw new NixRemoteException(NixErrors.LocalStoreUnavailable,
                $"There is no Nix store on this machine: '{StateDirectory}' is not ours to write, and no daemon has its socket at '{DaemonSocket}'.");
    }

    private string? Given(string name) => Variable(name) is { Length: > 0 } value ? value : null;

    [DllImport("libc", EntryPoint = "access")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Access([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int mode);
}
