using System.Globalization;
using System.Net;
using System.Net.Sockets;
using NixRemote.Tests.Builders;
using NixRemote.Tests.Ssh;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Diagnosis;

/// <summary>A builder with something wrong, made of a real sshd and a real Nix; what a user would write to use it.</summary>
internal sealed class TroubledBuilder : IAsyncDisposable
{
    /// <summary>
    /// A Nix of the sshd's own in place of the node's: an empty store, and a daemon with the given nix.conf. The daemon tells nobody that it is ready,
    /// hence the loop.
    /// </summary>
    private const string OwnNix = """
        cp /etc/nix/nix.conf "$folder/nix.conf"
        cat "$folder/more.conf" >> "$folder/nix.conf"
        mount --bind "$folder/nix.conf" /etc/nix/nix.conf
        mount -t tmpfs -o mode=755 nix /nix
        mkdir -p /nix/store /nix/var/nix
        chgrp nixbld /nix/store
        chmod 1775 /nix/store
        BEFORE
        nix-daemon &
        daemon=$!
        for try in $(seq 400); do [ -S "${NIX_DAEMON_SOCKET_PATH:-/nix/var/nix/daemon-socket/socket}" ] && break; sleep 0.05; done
        AFTER
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly List<object> _held = [];

    /// <summary>The builder as an entry of the legacy format.</summary>
    public string Entry { get; set; } = "ssh://127.0.0.1 x86_64-linux";

    /// <summary>More parameters of Test-NixBuilder, as a script writes them.</summary>
    public string Arguments { get; set; } = "";

    /// <summary>The identity file of ssh_config; null: the one that the sshd accepts.</summary>
    public string? IdentityFile { get; set; }

    /// <summary>Lines of ssh_config that come before the usual ones, and so win.</summary>
    public string SshConfig { get; set; } = "";

    /// <summary>Variables of this process while it is tested.</summary>
    public Dictionary<string, string> Variables { get; } = [];

    /// <summary>The sshd; set by <see cref="SshdAsync"/>.</summary>
    public PrivateSshd? Sshd { get; private set; }

    /// <summary>A file in a folder of its own.</summary>
    public string this[string file] => _folder[file];

    /// <summary>The SSH configuration as a file.</summary>
    public string SshConfigFile => _folder.Write("config", $"""
        {SshConfig}
        Host *
          User nix
          IdentityAgent none
          IdentitiesOnly yes
          GlobalKnownHostsFile none
        {(Sshd is null ? "" : $"  Port {Sshd.Port.ToString(CultureInfo.InvariantCulture)}\n  IdentityFile {IdentityFile ?? Sshd.IdentityFile}\n  UserKnownHostsFile {Sshd.KnownHostsFile}")}
        """);

    /// <summary>Writes a file; its path.</summary>
    public string Write(string file, string text) => _folder.Write(file, text);

    /// <summary>Starts an sshd.</summary>
    /// <param name="options">Lines for sshd_config.</param>
    /// <param name="setUp">What root does first, in a mount namespace of its own.</param>
    /// <param name="node">The node whose sshd and Nix it is.</param>
    public async Task<PrivateSshd> SshdAsync(string options = "", string setUp = "", string node = "b234")
    {
        Sshd = await PrivateSshd.StartAsync(options, node: node, setUp: setUp);
        _held.Add(Sshd);
        return Sshd;
    }

    /// <summary>Starts an sshd with a Nix of its own.</summary>
    /// <param name="configuration">More lines for nix.conf.</param>
    /// <param name="before">What root does before the daemon starts; <c>/nix</c> is a file system of its own.</param>
    /// <param name="after">What root does once the daemon runs, whose process is <c>$daemon</c>.</param>
    /// <param name="options">Lines for sshd_config.</param>
    public Task<PrivateSshd> NixAsync(string configuration = "", string before = "", string after = "", string options = "") =>
        SshdAsync(options, $"printf '%s\\n' '{configuration}' > \"$folder/more.conf\"\n"
            + OwnNix.Replace("BEFORE", before, StringComparison.Ordinal).Replace("AFTER", after, StringComparison.Ordinal));

    /// <summary>Keeps something until the end.</summary>
    public T Keep<T>(T held)
        where T : class
    {
        _held.Add(held);
        return held;
    }

    /// <summary>A machine that takes no connection and refuses none: its queue of connections is full, and what comes then is dropped.</summary>
    public int PortOfSilentHost()
    {
        var listener = Keep(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        for (var i = 0; i < 3; i++)
        {
            var client = Keep(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false });
            Assert.ThrowsAny<SocketException>(() => client.Connect(listener.LocalEndPoint!));
        }

        return ((IPEndPoint)listener.LocalEndPoint!).Port;
    }

    /// <summary>Holds a place for connections that are not logged in.</summary>
    public async Task OccupyAsync(PrivateSshd sshd)
    {
        var idle = Keep(new TcpClient("127.0.0.1", sshd.Port));
        Assert.NotEqual(0, await idle.GetStream().ReadAsync(new byte[256]));
    }

    /// <summary>A server of another kind than sshd.</summary>
    public int PortOf(string greeting, bool close = false) => Keep(new TcpPeer(greeting, close)).Port;

    /// <summary>A program on the builder, as <c>remote-program</c>.</summary>
    public string RemoteProgram(params string[] lines)
    {
        var path = $"/tmp/program-{Nonce.Next()}";
        var file = NixTestBed.Current.OnHost("b234", path);
        File.WriteAllText(file, $"#!/bin/sh\n{string.Join('\n', lines)}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, (UnixFileMode)0b111_101_101);
        }

        Keep(new Deleted(file));
        return path;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var held in Enumerable.Reverse(_held))
        {
            switch (held)
            {
                case IAsyncDisposable later:
                    await later.DisposeAsync();
                    break;
                case IDisposable now:
                    now.Dispose();
                    break;
            }
        }

        _folder.Dispose();
    }

    private sealed class Deleted(string file) : IDisposable
    {
        public void Dispose() => File.Delete(file);
    }
}
