using System.Diagnostics;
using System.Text.Json;

namespace NixRemote.Tests.TestBed;

/// <summary>
/// The real Nix builders and the client of tests/testbed/testbed.sh, found through its testbed.json in the directory
/// that NIXREMOTE_TESTBED names, or in the script's default one. Tests that need it carry <see cref="TestBedFactAttribute"/>
/// or <see cref="TestBedTheoryAttribute"/>, which skip them with the reason when it is not up.
/// </summary>
public sealed partial class NixTestBed
{
    private static readonly JsonSerializerOptions _json = new() { PropertyNameCaseInsensitive = true };
    private static volatile Lazy<(NixTestBed? Bed, string? Reason)> _found = new(Find);

    /// <summary>The test bed that is up.</summary>
    /// <exception cref="InvalidOperationException">None is.</exception>
    public static NixTestBed Current => _found.Value.Bed ?? throw new InvalidOperationException(WhyNotUp);

    /// <summary>Why there is no test bed to use; null if there is one.</summary>
    public static string? WhyNotUp => _found.Value.Reason;

    /// <summary>The state directory.</summary>
    public required string Directory { get; init; }

    /// <summary>The script that made the test bed.</summary>
    public required string Script { get; init; }

    /// <summary>The name of the client node whose store is the local one.</summary>
    public required string Client { get; init; }

    /// <summary>The environment with which a program on the host works as if it were on the client.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>Builders and clients.</summary>
    public required IReadOnlyList<TestBedNode> Nodes { get; init; }

    /// <summary>An ssh_config with a Host alias for each builder (trusted) and NAME-guest (not trusted).</summary>
    public string SshConfigFile => Path.Combine(Directory, "ssh_config");

    /// <summary>The builders' host keys.</summary>
    public string KnownHostsFile => Path.Combine(Directory, "known_hosts");

    /// <summary>The private key that every builder accepts.</summary>
    public string IdentityFile => Path.Combine(Directory, "id_ed25519");

    /// <summary>A directory that is the same, at the same path, on the host and in each node.</summary>
    public string ShareDirectory => Path.Combine(Directory, "share");

    /// <summary>The client's nix, nix-build, nix-daemon, nix-instantiate and nix-store, to be run on the host.</summary>
    public string ProgramDirectory => Path.Combine(Directory, "bin");

    /// <summary>The socket of the client's nix-daemon.</summary>
    public string ClientDaemonSocket => Path.Combine(Node(Client).Root, "nix/var/nix/daemon-socket/socket");

    /// <summary>The client's /nix/store as the host sees it.</summary>
    public string ClientStoreDirectory => Path.Combine(Node(Client).Root, "nix/store");

    /// <summary>A machines file in the legacy format.</summary>
    public string MachinesFile(MachinesKind kind) => Path.Combine(Directory, kind switch
    {
        MachinesKind.Ssh => "machines",
        MachinesKind.SshNg => "machines-ng",
        _ => "machines-guest",
    });

    /// <summary>The node of that name.</summary>
    public TestBedNode Node(string name) => Nodes.Single(n => n.Name == name);

    /// <summary>Where the host finds a file of a node.</summary>
    public string OnHost(string node, string path) => Node(node).Root + path;

    /// <summary>Runs a program as root in a node.</summary>
    public async Task<ProcessOutput> ExecAsync(string node, params string[] argv)
    {
        ArgumentNullException.ThrowIfNull(argv);
        var start = new ProcessStartInfo(Path.Combine(Directory, "enter"))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = ShareDirectory,
        };
        start.ArgumentList.Add(node);
        Array.ForEach(argv, start.ArgumentList.Add);
        start.Environment.Remove("NIX_CONFIG");
        start.Environment.Remove("NIX_REMOTE");
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().ConfigureAwait(false);
        return new ProcessOutput(process.ExitCode, await output.ConfigureAwait(false), await error.ConfigureAwait(false));
    }

    /// <summary>Evaluates an expression on the client.</summary>
    /// <returns>The .drv path in the client's store, the first one if the expression gives several.</returns>
    public async Task<string> InstantiateAsync(string nixExpression) =>
        (await InstantiateAllAsync(nixExpression).ConfigureAwait(false))[0];

    /// <summary>Evaluates an expression that gives a derivation or a list of them on the client.</summary>
    /// <returns>The .drv paths in the client's store.</returns>
    public async Task<IReadOnlyList<string>> InstantiateAllAsync(string nixExpression)
    {
        // Its length may pass what an argument can hold.
        var file = Path.Combine(ShareDirectory, Nonce.Next() + ".nix");
        await File.WriteAllTextAsync(file, nixExpression).ConfigureAwait(false);
        try
        {
            var output = await ExecAsync(Client, "nix-instantiate", file).ConfigureAwait(false);
            return output.Succeeded().Split('\n');
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Kills a node at once, as if its power were cut: nothing in it says a word more.</summary>
    public void Cut(string node)
    {
        using var init = Process.GetProcessById(Node(node).Pid!.Value);
        init.Kill();
        init.WaitForExit();
    }

    /// <summary>Makes a node run that was <see cref="Cut"/>, with the store that it had. The test bed is <see cref="Current"/> anew after it.</summary>
    public async Task RestoreAsync(string node)
    {
        foreach (var verb in new[] { "stop", "start" })
        {
            using var script = Process.Start(new ProcessStartInfo("bash", [Script, verb, node])
            {
                Environment = { ["NIXREMOTE_TESTBED"] = Directory },
                RedirectStandardInput = true,
                RedirectStandardError = true,
            })!;
            script.StandardInput.Close();
            var error = await script.StandardError.ReadToEndAsync().ConfigureAwait(false);
            await script.WaitForExitAsync().ConfigureAwait(false);
            if (script.ExitCode != 0)
            {
                throw new InvalidOperationException($"testbed.sh {verb} {node}: {error}");
            }
        }

        _found = new(Find);
    }

    /// <summary>Whether a path is valid in a node's store and its content is what it was, by Nix's own word.</summary>
    public async Task<bool> VerifyPathAsync(string node, string path) =>
        (await ExecAsync(node, "nix-store", "--verify-path", path).ConfigureAwait(false)).ExitCode == 0;

    private static (NixTestBed? Bed, string? Reason) Find()
    {
        var directory = System.Environment.GetEnvironmentVariable("NIXREMOTE_TESTBED") is { Length: > 0 } given ? given
            : Path.Combine(CacheDirectory(), "nix-testbed");
        var file = Path.Combine(directory, "testbed.json");
        if (!File.Exists(file))
        {
            return (null, $"No test bed is up (there is no {file}): run tests/testbed/testbed.sh up as root.");
        }

        using var stream = File.OpenRead(file);
        var bed = JsonSerializer.Deserialize<NixTestBed>(stream, _json)
            ?? throw new InvalidDataException($"{file} holds no test bed.");
        var dead = bed.Nodes.FirstOrDefault(n => n.Pid is null || !System.IO.Directory.Exists($"/proc/{n.Pid}"));
        return dead is null
            ? (bed, null)
            : (null, $"Node {dead.Name} of the test bed in {directory} does not run: run tests/testbed/testbed.sh up as root.");
    }

    private static string CacheDirectory() =>
        System.Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache
            : Path.Combine(System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile), ".cache");
}
