using System.Globalization;
using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using NixRemote.Tests.Builders;
using NixRemote.Tests.Ssh;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Cmdlets;

/// <summary>A builder that cannot be used, made real on the test bed: what a user would write, and the error that must come.</summary>
internal sealed class Trouble : IAsyncDisposable
{
    /// <summary>The node that the builder is made of.</summary>
    public const string Node = "b234";

    private readonly TemporaryFolder _folder = new();
    private readonly List<IDisposable> _held = [];

    private Trouble()
    {
    }

    /// <summary>The builder as an entry of the legacy format.</summary>
    public string Builder { get; private set; } = $"ssh://{Node} x86_64-linux";

    /// <summary>More parameters.</summary>
    public Dictionary<string, object> Parameters { get; } = [];

    /// <summary>The error's row.</summary>
    public required ErrorDefinition Error { get; init; }

    /// <summary>Its category in PowerShell.</summary>
    public required ErrorCategory Category { get; init; }

    /// <summary>What its text must have.</summary>
    public List<string> Words { get; } = [];

    /// <summary>Whether the machine is reached, and the user let in; null: not tried.</summary>
    public (bool? Reachable, bool? Authenticated) Reached { get; private set; } = (true, true);

    /// <summary>What issues with a builder are called.</summary>
    public static TheoryData<string> OfBuilders =>
    [
        "unknown host", "refused port", "timeout", "unknown host key", "changed host key", "rejected key", "key file missing", "key file encrypted",
        "remote program not found", "text before the protocol", "dies in the handshake", "not a store that can be opened",
    ];

    /// <summary>Makes the trouble of that name.</summary>
    public static Trouble Make(string name)
    {
        var trouble = name switch
        {
            "unknown host" => new Trouble { Error = NixErrors.HostNotFound, Category = ErrorCategory.ConnectionError }
                .At("ssh://no-such-host.invalid x86_64-linux", "no-such-host.invalid", "does not resolve"),
            "refused port" => new Trouble { Error = NixErrors.ConnectionRefused, Category = ErrorCategory.ConnectionError }.AtRefusedPort(),
            "timeout" => new Trouble { Error = NixErrors.ServerSilent, Category = ErrorCategory.OperationTimeout }.AtSilentPort(),
            "unknown host key" => new Trouble { Error = NixErrors.HostKeyUnknown, Category = ErrorCategory.SecurityError }.WithKnownHosts(""),
            "changed host key" => new Trouble { Error = NixErrors.HostKeyChanged, Category = ErrorCategory.SecurityError }.WithAnotherHostKey(),
            "rejected key" => new Trouble { Error = NixErrors.AuthenticationRejected, Category = ErrorCategory.AuthenticationError }.WithKey("stranger"),
            "key file missing" => new Trouble { Error = NixErrors.IdentityFileMissing, Category = ErrorCategory.ObjectNotFound }.WithMissingKey(),
            "key file encrypted" => new Trouble { Error = NixErrors.IdentityFileEncrypted, Category = ErrorCategory.AuthenticationError }.WithKey("locked", "secret"),
            "remote program not found" => new Trouble { Error = NixErrors.RemoteProgramNotFound, Category = ErrorCategory.ObjectNotFound }
                .At($"ssh://{Node}?remote-program=no-such-program x86_64-linux", "no-such-program", "127"),
            "text before the protocol" => new Trouble { Error = NixErrors.RemoteOutputBeforeProtocol, Category = ErrorCategory.ProtocolError }
                .WithProgram("ssh", "echo Welcome to this machine", "exec nix-store \"$@\"").Saying("Welcome to this machine"),
            "dies in the handshake" => new Trouble { Error = NixErrors.RemoteDied, Category = ErrorCategory.ConnectionError }
                .WithProgram("ssh-ng", "echo the disk is full >&2", "exit 3").Saying("handshake", "exit status 3", "the disk is full"),
            "dies in the upload" => new Trouble { Error = NixErrors.RemoteDied, Category = ErrorCategory.ConnectionError }
                .WithProgram("ssh", "dd bs=1 count=20000 status=none | nix-store \"$@\"").Saying("upload"),
            "dies in the build" => new Trouble { Error = NixErrors.RemoteDied, Category = ErrorCategory.ConnectionError }
                .WithProgram("ssh-ng", "nix-daemon \"$@\" | dd bs=1 count=50000 status=none").Saying("build"),
            "dies in the download" => new Trouble { Error = NixErrors.RemoteDied, Category = ErrorCategory.ConnectionError }
                .WithProgram("ssh", "nix-store \"$@\" | dd bs=1 count=100000 status=none").Saying("download"),
            "not a store that can be opened" => new Trouble { Error = NixErrors.StoreUriInvalid, Category = ErrorCategory.InvalidArgument, Reached = (null, null) }
                .At("http://cache x86_64-linux", "http://cache"),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "There is no trouble of that name."),
        };
        return trouble;
    }

    /// <summary>The parameters as a script writes them.</summary>
    public string Arguments => string.Concat(Parameters.Select(p => $" -{p.Key} '{p.Value}'"));

    public ValueTask DisposeAsync()
    {
        _held.ForEach(h => h.Dispose());
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private Trouble At(string builder, params string[] words)
    {
        Builder = builder;
        Reached = Error == NixErrors.HostNotFound ? (false, null) : Reached;
        return Saying(words);
    }

    private Trouble Saying(params string[] words)
    {
        Words.AddRange(words);
        return this;
    }

    private Trouble AtRefusedPort()
    {
        var port = PrivateSshd.FreePort();
        Reached = (false, null);
        return At($"ssh://127.0.0.1:{port} x86_64-linux", $"refuses connections to port {port}");
    }

    /// <summary>A port whose machine takes the connection and never says a word.</summary>
    private Trouble AtSilentPort()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _held.Add(listener);
        Parameters["ConnectTimeout"] = 1;
        Reached = (true, null);
        return At($"ssh://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port} x86_64-linux", "127.0.0.1", "1 s");
    }

    private Trouble WithMissingKey()
    {
        Reached = (null, false);
        return At($"ssh://{Node} x86_64-linux {_folder["missing"]}", _folder["missing"]);
    }

    private Trouble WithAnotherHostKey()
    {
        var other = OpenSsh.MakeKey(_folder["other"]);
        return WithKnownHosts($"[127.0.0.1]:{NixTestBed.Current.Node(Node).Port} {File.ReadAllText(other + ".pub")}");
    }

    private Trouble WithKnownHosts(string knownHosts)
    {
        Reached = (true, null);
        return WithConfiguration(NixTestBed.Current.IdentityFile, _folder.Write("known_hosts", knownHosts)).Saying("SHA256:");
    }

    private Trouble WithKey(string name, string passphrase = "")
    {
        Reached = (true, false);
        var key = OpenSsh.MakeKey(_folder[name], passphrase: passphrase);
        return WithConfiguration(key, NixTestBed.Current.KnownHostsFile).Saying(key);
    }

    private Trouble WithConfiguration(string identityFile, string knownHostsFile)
    {
        Parameters["SshConfigFile"] = _folder.Write("config", $"""
            Host {Node}
              HostName 127.0.0.1
              Port {NixTestBed.Current.Node(Node).Port.ToString(CultureInfo.InvariantCulture)}
              User nix
              IdentityFile {identityFile}
              IdentitiesOnly yes
              IdentityAgent none
              UserKnownHostsFile {knownHostsFile}
              GlobalKnownHostsFile none
            """);
        return this;
    }

    /// <summary>A builder whose remote program is a script.</summary>
    private Trouble WithProgram(string protocol, params string[] lines)
    {
        var path = $"/tmp/test-{Nonce.Next()}";
        var file = NixTestBed.Current.OnHost(Node, path);
        File.WriteAllText(file, $"#!/bin/sh\n{string.Join('\n', lines)}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, (UnixFileMode)0b111_101_101);
        }

        _held.Add(new Deleted(file));
        return At($"{protocol}://{Node}?remote-program={path} x86_64-linux");
    }

    private sealed class Deleted(string file) : IDisposable
    {
        public void Dispose() => File.Delete(file);
    }
}
