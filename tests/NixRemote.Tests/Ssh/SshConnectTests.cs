using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using NixRemote.Adapters.Ssh;
using NixRemote.Tests.Builders;
using NixRemote.Tests.TestBed;
using NixRemote.Transport;

namespace NixRemote.Tests.Ssh;

/// <summary>Connecting: what succeeds, and each way to fail with its own name, against real sshds.</summary>
public sealed class SshConnectTests
{
    private static readonly SshNetConnector _connector = new();

    [TestBedTheory]
    [MemberData(nameof(NixTestBed.Builders), MemberType = typeof(NixTestBed))]
    public async Task ConnectsToEachBuilderOfTheTestBed(string builder)
    {
        var said = new List<string>();
        await using var session = await _connector.ConnectAsync(
            new SshTarget { Host = builder }, new SshOptions { ConfigFile = NixTestBed.Current.SshConfigFile, ExtraArguments = "", Verbose = said.Add }, default);
        Assert.True(session.IsConnected);
        Assert.Equal($"nix@127.0.0.1:{NixTestBed.Current.Node(builder).Port}", session.Description);
        var shown = OpenSsh.Run("ssh-keygen", "-l", "-f", NixTestBed.Current.OnHost(builder, "/etc/ssh/ssh_host_ed25519_key"));
        Assert.Contains(session.HostKeyFingerprint, shown.StandardOutput);
        Assert.Contains(said, line => line.Contains("aes128-gcm", StringComparison.Ordinal));
    }

    [TestBedTheory]
    [InlineData("ed25519")]
    [InlineData("ecdsa")]
    [InlineData("rsa")]
    public async Task EachTypeOfHostKeyAndIdentity(string type)
    {
        await using var sshd = await PrivateSshd.StartAsync(hostKeyTypes: [type], identityType: type);
        await using var session = await _connector.ConnectAsync(Loopback(), sshd.Options(), default);
        Assert.True(session.IsConnected);
    }

    [TestBedFact]
    public async Task TheTypeThatIsKnownIsAskedFor()
    {
        await using var sshd = await PrivateSshd.StartAsync(hostKeyTypes: ["ed25519", "ecdsa", "rsa"]);
        var rsa = File.ReadAllLines(sshd.KnownHostsFile).Single(line => line.Contains("ssh-rsa", StringComparison.Ordinal));
        await File.WriteAllTextAsync(sshd.KnownHostsFile, rsa + "\n");
        var said = new List<string>();
        await using var session = await _connector.ConnectAsync(Loopback(), sshd.Options(verbose: said.Add), default);
        Assert.Contains(said, line => line.Contains("host key ssh-rsa", StringComparison.Ordinal));
    }

    [TestBedFact]
    public async Task APinnedKeyNeedsNoKnownHosts()
    {
        await using var sshd = await PrivateSshd.StartAsync();
        var pinned = await File.ReadAllTextAsync(Path.Combine(sshd.Folder, "host_ed25519.pub"));
        await using var session = await _connector.ConnectAsync(
            Loopback() with { PinnedHostKey = pinned }, sshd.Options("Host *\n  UserKnownHostsFile none\n"), default);
        Assert.True(session.IsConnected);
    }

    [TestBedFact]
    public async Task APinnedKeyBeatsKnownHosts()
    {
        await using var sshd = await PrivateSshd.StartAsync();
        var other = await File.ReadAllTextAsync(OpenSsh.MakeKey(Path.Combine(sshd.Folder, "other")) + ".pub");
        var failure = await FailsAsync(NixErrors.HostKeyChanged, Loopback() with { PinnedHostKey = other }, sshd.Options());
        Assert.Contains(HostKey.Parse(other)!.Fingerprint, failure.Message);
        Assert.Contains(HostFingerprint(sshd), failure.Message);
    }

    [TestBedFact]
    public async Task UnknownHostKey()
    {
        await using var sshd = await PrivateSshd.StartAsync();
        var empty = Path.Combine(sshd.Folder, "empty");
        var failure = await FailsAsync(NixErrors.HostKeyUnknown, Loopback(), sshd.Options($"Host *\n  UserKnownHostsFile {empty}\n"));
        Assert.Contains(HostFingerprint(sshd), failure.Message);
        Assert.Contains($"[127.0.0.1]:{sshd.Port}", failure.Message);
        Assert.Contains(empty, failure.Message);
        Assert.Contains($"ssh-keyscan -p {sshd.Port} 127.0.0.1 >> '{empty}'", failure.RecommendedAction);
    }

    [TestBedFact]
    public async Task OnlyAKeyOfAnotherTypeIsKnown()
    {
        await using var sshd = await PrivateSshd.StartAsync();
        var other = await File.ReadAllTextAsync(OpenSsh.MakeKey(Path.Combine(sshd.Folder, "other"), "ecdsa") + ".pub");
        await File.WriteAllTextAsync(sshd.KnownHostsFile, $"[127.0.0.1]:{sshd.Port} {other}");
        var failure = await FailsAsync(NixErrors.HostKeyUnknown, Loopback(), sshd.Options());
        Assert.Contains("ecdsa-sha2-nistp256", failure.Message);
        Assert.Contains(HostFingerprint(sshd), failure.Message);
    }

    [TestBedFact]
    public async Task ChangedHostKey()
    {
        await using var sshd = await PrivateSshd.StartAsync();
        var other = await File.ReadAllTextAsync(OpenSsh.MakeKey(Path.Combine(sshd.Folder, "other")) + ".pub");
        await File.WriteAllTextAsync(sshd.KnownHostsFile, $"# of before\n[127.0.0.1]:{sshd.Port} {other}");
        var failure = await FailsAsync(NixErrors.HostKeyChanged, Loopback(), sshd.Options());
        Assert.Contains($"{sshd.KnownHostsFile} line 2", failure.Message);
        Assert.Contains(HostFingerprint(sshd), failure.Message);
        Assert.Contains(HostKey.Parse(other)!.Fingerprint, failure.Message);
        Assert.Contains("ssh-keygen -R", failure.RecommendedAction);
    }

    [TestBedFact]
    public async Task RevokedHostKey()
    {
        await using var sshd = await PrivateSshd.StartAsync();
        var key = await File.ReadAllTextAsync(Path.Combine(sshd.Folder, "host_ed25519.pub"));
        await File.AppendAllTextAsync(sshd.KnownHostsFile, $"@revoked * {key}");
        var failure = await FailsAsync(NixErrors.HostKeyRevoked, Loopback(), sshd.Options());
        Assert.Contains($"{sshd.KnownHostsFile} line 2", failure.Message);
    }

    [TestBedFact]
    public async Task AnAuthorityOfHostCertificatesIsNamed()
    {
        await using var sshd = await PrivateSshd.StartAsync();
        await File.WriteAllTextAsync(sshd.KnownHostsFile, "@cert-authority * " + await File.ReadAllTextAsync(sshd.IdentityFile + ".pub"));
        var failure = await FailsAsync(NixErrors.HostKeyUnknown, Loopback(), sshd.Options());
        Assert.Contains("no certificate of the authority", failure.Message);
    }

    [TestBedFact]
    public async Task RejectedKey()
    {
        await using var sshd = await PrivateSshd.StartAsync();
        var key = OpenSsh.MakeKey(Path.Combine(sshd.Folder, "stranger"));
        var fingerprint = HostKey.Parse(await File.ReadAllTextAsync(key + ".pub"))!.Fingerprint;
        var failure = await FailsAsync(NixErrors.AuthenticationRejected, Loopback(), sshd.Options(identityFiles: key) with { ExtraArguments = "-l guest" });
        Assert.Contains($"'guest'", failure.Message);
        Assert.Contains(fingerprint, failure.Message);
        Assert.Contains("publickey", failure.Message);
    }

    [TestBedFact]
    public async Task TooManyKeys()
    {
        // OpenSSH 10 no longer counts keys that were only asked about.
        await using var sshd = await PrivateSshd.StartAsync("MaxAuthTries 2", node: "b28");
        string[] keys = [.. Enumerable.Range(0, 4).Select(i => OpenSsh.MakeKey(Path.Combine(sshd.Folder, $"stranger{i}"))), sshd.IdentityFile];
        var failure = await FailsAsync(NixErrors.TooManyKeys, Loopback(), sshd.Options(identityFiles: keys));
        Assert.True(failure.Message.Contains("Too many authentication failures", StringComparison.Ordinal), failure.Message);
    }

    [TestBedFact]
    public async Task KeysOfTheConfigurationThatCannotBeUsedArePassedOver()
    {
        await using var sshd = await PrivateSshd.StartAsync();
        var missing = Path.Combine(sshd.Folder, "missing");
        var encrypted = OpenSsh.MakeKey(Path.Combine(sshd.Folder, "encrypted"), passphrase: "secret");
        var said = new List<string>();
        await using var session = await _connector.ConnectAsync(
            Loopback(), sshd.Options("", said.Add, missing, encrypted, sshd.IdentityFile), default);
        Assert.Contains(said, line => line.Contains(missing, StringComparison.Ordinal));
        Assert.Contains(said, line => line.Contains(encrypted, StringComparison.Ordinal));
    }

    [TestBedFact]
    public async Task NoKeyOfTheConfigurationCanBeUsed()
    {
        await using var sshd = await PrivateSshd.StartAsync();
        var encrypted = OpenSsh.MakeKey(Path.Combine(sshd.Folder, "encrypted"), passphrase: "secret");
        var failure = await FailsAsync(NixErrors.IdentityFileEncrypted, Loopback(), sshd.Options(identityFiles: encrypted));
        Assert.Equal(encrypted, failure.Target);
    }

    /// <summary>The builder's own key file must be usable: the builder is not tried with another one.</summary>
    [OpenSshTheory]
    [InlineData("missing", nameof(NixErrors.IdentityFileMissing))]
    [InlineData("folder", nameof(NixErrors.IdentityFileInvalid))]
    [InlineData("key/below", nameof(NixErrors.IdentityFileMissing))]
    [InlineData("circle", nameof(NixErrors.IdentityFileUnreadable))]
    [InlineData("device", nameof(NixErrors.IdentityFileUnreadable))]
    [InlineData("endless", nameof(NixErrors.IdentityFileInvalid))]
    [InlineData("encrypted", nameof(NixErrors.IdentityFileEncrypted))]
    [InlineData("encrypted-pem", nameof(NixErrors.IdentityFileEncrypted))]
    [InlineData("encrypted-pkcs8", nameof(NixErrors.IdentityFileEncrypted))]
    [InlineData("open", nameof(NixErrors.IdentityFileTooOpen))]
    [InlineData("garbage", nameof(NixErrors.IdentityFileInvalid))]
    [InlineData("empty", nameof(NixErrors.IdentityFileInvalid))]
    [InlineData("truncated", nameof(NixErrors.IdentityFileInvalid))]
    [InlineData("key.pub", nameof(NixErrors.IdentityFileInvalid))]
    public async Task KeyFilesOfTheBuilderThatCannotBeUsed(string name, string error)
    {
        if ((OperatingSystem.IsWindows() && (name is "open" or "circle" or "endless")) || (!OperatingSystem.IsLinux() && name == "device"))
        {
            return;
        }

        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["folder"]);
        OpenSsh.MakeKey(folder["key"]);
        OpenSsh.MakeKey(folder["encrypted"], passphrase: "secret");
        OpenSsh.MakeKey(folder["encrypted-pem"], "rsa", "secret", "-m", "PEM");
        OpenSsh.MakeKey(folder["encrypted-pkcs8"], "rsa", "secret", "-m", "PKCS8");
        folder.Write("garbage", "not a key\n");
        folder.Write("empty", "");
        var lines = File.ReadAllLines(folder["key"]);
        folder.Write("truncated", string.Join('\n', lines[..2].Append(lines[^1])) + "\n");
        if (!OperatingSystem.IsWindows())
        {
            // A link to itself; a device whose first page cannot be read; one that never ends.
            File.CreateSymbolicLink(folder["circle"], folder["circle"]);
            File.CreateSymbolicLink(folder["device"], "/proc/self/mem");
            File.CreateSymbolicLink(folder["endless"], "/dev/zero");
            File.SetUnixFileMode(folder["truncated"], UnixFileMode.UserRead);
            File.Copy(folder["key"], folder["open"]);
            File.SetUnixFileMode(folder["open"], UnixFileMode.UserRead | UnixFileMode.GroupRead);
        }

        var port = PrivateSshd.FreePort();
        var target = Loopback() with { Port = port, IdentityFile = folder[name] };
        var failure = await FailsAsync(NixErrors.All.Single(d => d.Id == error), target, new SshOptions { ConfigFile = folder.Write("config", ""), ExtraArguments = "" });
        Assert.Equal(folder[name], failure.Target);
        Assert.Contains(folder[name], failure.Message);
    }

    [Fact]
    public async Task UnknownHostName()
    {
        var failure = await FailsAsync(NixErrors.HostNotFound, new SshTarget { Host = "no-such-host.invalid" }, Options());
        Assert.Contains("no-such-host.invalid", failure.Message);
        Assert.Equal("no-such-host.invalid", failure.Builder);
    }

    [Fact]
    public async Task RefusedPort()
    {
        var port = PrivateSshd.FreePort();
        var failure = await FailsAsync(NixErrors.ConnectionRefused, Loopback() with { Port = port }, Options());
        Assert.Contains("127.0.0.1", failure.Message);
        Assert.Contains($"{port}", failure.Message);
    }

    [Fact]
    public async Task NoWayThere()
    {
        // An address that no machine has (RFC 5737) to come from.
        var failure = await FailsAsync(NixErrors.HostUnreachable, Loopback() with { Port = PrivateSshd.FreePort() }, Options("BindAddress=192.0.2.1"));
        Assert.Contains("127.0.0.1", failure.Message);
    }

    [Fact]
    public async Task AServerThatTakesTheConnectionAndSaysNothing()
    {
        using var peer = new TcpPeer(null, close: false);
        var watch = Stopwatch.StartNew();
        var failure = await FailsAsync(NixErrors.ServerSilent, Loopback() with { Port = peer.Port }, Options() with { ConnectTimeout = TimeSpan.FromSeconds(0.5) });
        Assert.InRange(watch.Elapsed.TotalSeconds, 0.4, 2.5);
        Assert.Contains("first line", failure.Message);
        Assert.Contains("0.5 s", failure.Message);
    }

    [Fact]
    public async Task AHostThatDoesNotAnswerAtAll()
    {
        // A full queue of connections nobody takes: the system then drops further ones, as a firewall does.
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        var endPoint = (IPEndPoint)listener.LocalEndPoint!;
        var fill = new List<Socket>();
        for (var full = false; !full && fill.Count < 64;)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            fill.Add(socket);
            full = await Task.WhenAny(socket.ConnectAsync(endPoint), Task.Delay(500)) is not { IsCompletedSuccessfully: true } || !socket.Connected;
        }

        var failure = await FailsAsync(
            NixErrors.ConnectionTimeout, Loopback() with { Port = endPoint.Port }, Options() with { ConnectTimeout = TimeSpan.FromSeconds(0.5) });
        Assert.Contains("was asked for a connection", failure.Message);
        fill.ForEach(socket => socket.Dispose());
    }

    [Theory]
    [InlineData("220 mail.example ESMTP\r\n", true, nameof(NixErrors.NotAnSshServer), "'220 mail.example ESMTP'")]
    [InlineData("SSH-1.5-old\r\n", false, nameof(NixErrors.NotAnSshServer), "'SSH-1.5-old'")]
    [InlineData("", true, nameof(NixErrors.ConnectionDropped), "before it said anything")]
    [InlineData("Exceeded MaxStartups\r\n", true, nameof(NixErrors.ServerBusy), "'Exceeded MaxStartups'")]
    [InlineData("Not allowed at this time\r\n", true, nameof(NixErrors.ServerBusy), "PerSourcePenalties")]
    [InlineData("SSH-2.0-stub\r\n", true, nameof(NixErrors.SshHandshakeFailed), "did not agree")]
    [InlineData("SSH-2.0-stub\r\nthis is not a packet", true, nameof(NixErrors.SshHandshakeFailed), "did not agree")]
    public async Task ServersThatAreNotSsh(string greeting, bool close, string error, string text)
    {
        using var peer = new TcpPeer(greeting, close);
        var failure = await FailsAsync(NixErrors.All.Single(row => row.Id == error), Loopback() with { Port = peer.Port }, Options());
        Assert.Contains(text, failure.Message);
    }

    [TestBedTheory]
    [MemberData(nameof(NixTestBed.Builders), MemberType = typeof(NixTestBed))]
    public async Task MoreStrangersThanTheServerBears(string node)
    {
        await using var sshd = await PrivateSshd.StartAsync("MaxStartups 1:100:1", node: node);
        using var stranger = new TcpClient();
        await stranger.ConnectAsync(IPAddress.Loopback, sshd.Port);
        Assert.True(await stranger.GetStream().ReadAsync(new byte[256]) > 0);
        var failure = await FailsAsync(NixErrors.ServerBusy, Loopback(), sshd.Options());
        Assert.Contains("MaxStartups", failure.RecommendedAction);
    }

    [Theory]
    [InlineData(1, nameof(NixErrors.ConnectionRefused))]
    [InlineData(3, nameof(NixErrors.NotAnSshServer))]
    public async Task ConnectionAttempts(int attempts, string error)
    {
        // The first attempt finds nobody; a server comes up while the second one is waited for.
        var port = PrivateSshd.FreePort();
        var connecting = _connector.ConnectAsync(Loopback() with { Port = port }, Options($"ConnectionAttempts {attempts}"), default);
        await Task.WhenAny(connecting, Task.Delay(700));
        using var peer = new TcpPeer("220 mail.example ESMTP\r\n", close: true, port);
        Assert.Equal(error, (await Assert.ThrowsAsync<NixRemoteException>(() => connecting)).ErrorId);
    }

    [Fact]
    public async Task OnlyABanner()
    {
        using var peer = new TcpPeer("SSH-2.0-stub\r\n", close: false);
        var failure = await FailsAsync(NixErrors.HandshakeTimeout, Loopback() with { Port = peer.Port }, Options() with { ConnectTimeout = TimeSpan.FromSeconds(0.5) });
        Assert.Contains("keys were exchanged", failure.Message);
    }

    [TestBedTheory]
    [InlineData("Ciphers aes128-ctr", "Ciphers aes256-gcm@openssh.com", nameof(NixErrors.NoCommonCipher))]
    [InlineData("KexAlgorithms ecdh-sha2-nistp256", "KexAlgorithms curve25519-sha256", nameof(NixErrors.NoCommonKeyExchange))]
    [InlineData("HostKeyAlgorithms rsa-sha2-512", "HostKeyAlgorithms ssh-ed25519", nameof(NixErrors.NoCommonHostKeyAlgorithm))]
    [InlineData("Ciphers aes128-ctr\nMACs hmac-sha2-512", "MACs hmac-sha2-256", nameof(NixErrors.NoCommonMac))]
    public async Task NothingInCommon(string server, string client, string error)
    {
        await using var sshd = await PrivateSshd.StartAsync(server, ["ed25519", "rsa"]);
        var failure = await FailsAsync(NixErrors.All.Single(row => row.Id == error), Loopback(), sshd.Options(client + "\n"));
        Assert.Contains(server.Split(' ')[^1], failure.Message);
        Assert.Contains(client.Split(' ')[^1], failure.Message);
    }

    [Theory]
    [InlineData("PKCS11Provider /usr/lib/none.so")]
    [InlineData("KnownHostsCommand /bin/true %H")]
    [InlineData("Ciphers none-such")]
    public async Task OptionsThatCannotBeHonouredAreNotPassedOver(string line)
    {
        using var peer = new TcpPeer("SSH-2.0-stub\r\n", close: true);
        var failure = await FailsAsync(NixErrors.SshOptionUnsupported, Loopback() with { Port = peer.Port }, Options(line + "\n"));
        Assert.Contains(line.Split(' ')[0], failure.Message);
    }

    [TestBedTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(60)]
    public async Task CancellingWhileConnectingEndsAtOnce(int milliseconds)
    {
        using var cancel = new CancellationTokenSource(milliseconds);
        using var wire = new FaultyWire(NixTestBed.Current.Node("b28").Port, TimeSpan.FromMilliseconds(30));
        var connecting = _connector.ConnectAsync(new SshTarget { Host = "b28" },
            new SshOptions { ConfigFile = NixTestBed.Current.SshConfigFile, ExtraArguments = $"-p {wire.Port}" }, cancel.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.WaitAsync(TimeSpan.FromSeconds(milliseconds + 2)));
    }

    private static SshTarget Loopback() => new() { Host = "127.0.0.1" };

    private static string HostFingerprint(PrivateSshd sshd) =>
        HostKey.Parse(File.ReadAllText(Path.Combine(sshd.Folder, "host_ed25519.pub")))!.Fingerprint;

    private static SshOptions Options(string text = "")
    {
        return new SshOptions { ConfigFile = "none", ExtraArguments = text.Length == 0 ? "" : $"-o \"{text.Trim()}\"" };
    }

    private static async Task<NixRemoteException> FailsAsync(ErrorDefinition definition, SshTarget target, SshOptions options)
    {
        var failure = await Assert.ThrowsAnyAsync<NixRemoteException>(() => _connector.ConnectAsync(target, options, default));
        Assert.True(definition == failure.Definition, $"{failure.ErrorId}: {failure.Message}");
        Assert.Equal(target.ToString(), failure.Builder);
        return failure;
    }
}
