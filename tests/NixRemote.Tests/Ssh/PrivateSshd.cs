using System.Diagnostics;
using System.Globalization;
using NixRemote.Tests.TestBed;
using NixRemote.Transport;

namespace NixRemote.Tests.Ssh;

/// <summary>A real sshd of the test's own, in a node of the test bed: with its own host keys, authorized keys and options.</summary>
internal sealed class PrivateSshd : IAsyncDisposable
{
    private readonly Process _process;

    private PrivateSshd(Process process, string folder, int port)
    {
        _process = process;
        Folder = folder;
        Port = port;
    }

    /// <summary>Where its files are: the same path on the host and in the node.</summary>
    public string Folder { get; }

    /// <summary>Its port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>A key that it lets the user nix in with.</summary>
    public string IdentityFile => Path.Combine(Folder, "id");

    /// <summary>Its own entry in known_hosts, all keys.</summary>
    public string KnownHostsFile => Path.Combine(Folder, "known_hosts");

    /// <summary>Starts one.</summary>
    /// <param name="options">Lines for sshd_config.</param>
    /// <param name="hostKeyTypes">Its host keys.</param>
    /// <param name="identityType">The type of <see cref="IdentityFile"/>.</param>
    /// <param name="node">Whose sshd it is.</param>
    /// <param name="prepare">More lines, of files that it makes in the folder it is given, in which the keys are.</param>
    /// <param name="setUp">A shell script that root runs first, where mounts are of this sshd and its sessions only; <c>$folder</c> is <see cref="Folder"/>.</param>
    public static async Task<PrivateSshd> StartAsync(string options = "", string[]? hostKeyTypes = null, string identityType = "ed25519", string node = "b234",
        Func<string, string>? prepare = null, string setUp = "")
    {
        var folder = Directory.CreateDirectory(Path.Combine(NixTestBed.Current.ShareDirectory, "sshd-" + Nonce.Next())).FullName;
        var port = FreePort();
        var lines = new List<string>
        {
            options, $"Port {port}", "ListenAddress 127.0.0.1", "PidFile none", "UsePAM no", "AuthorizedKeysFile none",
            // Read as root: the folder is not for the user that logs in.
            $"AuthorizedKeysCommand /usr/bin/cat {folder}/id.pub", "AuthorizedKeysCommandUser root",
        };
        foreach (var type in hostKeyTypes ?? ["ed25519"])
        {
            var key = OpenSsh.MakeKey(Path.Combine(folder, "host_" + type), type);
            lines.Add($"HostKey {key}");
            File.AppendAllText(Path.Combine(folder, "known_hosts"), $"[127.0.0.1]:{port} {File.ReadAllText(key + ".pub")}");
        }

        OpenSsh.MakeKey(Path.Combine(folder, "id"), identityType);
        if (prepare is not null)
        {
            lines.Insert(0, prepare(folder));
        }

        File.WriteAllLines(Path.Combine(folder, "sshd_config"), lines);
        string[] command = ["/usr/sbin/sshd", "-D", "-e", "-f", $"{folder}/sshd_config"];
        string[] wrapper = setUp.Length == 0 ? []
            : ["unshare", "--mount", "--propagation", "private", "sh", "-euc", $"folder={folder}\n{setUp.ReplaceLineEndings("\n")}\nexec \"$@\"", "sh"];
        var start = new ProcessStartInfo(Path.Combine(NixTestBed.Current.Directory, "enter"), [node, .. wrapper, .. command])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = Process.Start(start)!;
        var listening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var log = new List<string>();
        process.ErrorDataReceived += (_, e) =>
        {
            log.Add(e.Data ?? "");
            if (e.Data is null)
            {
                listening.TrySetException(new InvalidOperationException("sshd ended: " + string.Join('\n', log)));
            }
            else if (e.Data.Contains("Server listening", StringComparison.Ordinal))
            {
                listening.TrySetResult();
            }
        };
        process.BeginErrorReadLine();
        await listening.Task;
        return new PrivateSshd(process, folder, port);
    }

    /// <summary>How to reach it: its key known, its user and identity given.</summary>
    /// <param name="more">Lines that come first.</param>
    /// <param name="verbose">Is told what happens.</param>
    /// <param name="identityFiles">Other keys than its own.</param>
    public SshOptions Options(string more = "", Action<string>? verbose = null, params string[] identityFiles)
    {
        var file = Path.Combine(Folder, "config-" + Nonce.Next());
        File.WriteAllText(file, $"""
            {more}
            Host *
              Port {Port.ToString(CultureInfo.InvariantCulture)}
              User nix
            {string.Join('\n', (identityFiles.Length == 0 ? [IdentityFile] : identityFiles).Select(file => "  IdentityFile " + file))}
              UserKnownHostsFile {KnownHostsFile}
              GlobalKnownHostsFile none
            """);
        return new SshOptions { ConfigFile = file, ExtraArguments = "", Verbose = verbose };
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>A port that nobody listens on.</summary>
    public static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}
