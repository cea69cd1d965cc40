using System.Diagnostics;
using System.Net;
using NixRemote.Adapters.Ssh;
using NixRemote.Stores;
using NixRemote.Tests.TestBed;
using NixRemote.Transport;

namespace NixRemote.Tests.Ssh;

/// <summary>The OpenSSH client as transport: the same interface, limits, errors and cancellation as in process.</summary>
public sealed class OpenSshConnectorTests
{
    private static readonly OpenSshConnector _connector = new();
    private static readonly SshTarget _loopback = new() { Host = "127.0.0.1" };

    [TestBedTheory]
    [MemberData(nameof(NixTestBed.BuildersTimesProtocols), MemberType = typeof(NixTestBed))]
    public async Task StoresAreOpenedOverIt(string node, string protocol)
    {
        var stores = new StoreFactory(_connector, new SshOptions { ConfigFile = NixTestBed.Current.SshConfigFile, ExtraArguments = "" });
        await using var store = stores.Open(StoreUri.Parse($"{protocol}://{node}"), new StoreOpenOptions());
        var info = await store.ConnectAsync(default);
        Assert.True(info.Version.Major > 0);
    }

    [TestBedFact]
    public async Task ManyChannelsCarryBytesBothWays()
    {
        await using var sshd = await PrivateSshd.StartAsync();
        var said = new List<string>();
        var options = sshd.Options(verbose: said.Add);
        await using var session = await _connector.ConnectAsync(_loopback, options, default);
        Assert.True(session.IsConnected);
        Assert.Equal(HostKey.Parse(await File.ReadAllTextAsync(Path.Combine(sshd.Folder, "host_ed25519.pub")))!.Fingerprint, session.HostKeyFingerprint);
        Assert.Contains(said, line => line.Contains("Connected to nix@127.0.0.1", StringComparison.Ordinal) && line.Contains("ssh-ed25519 SHA256:", StringComparison.Ordinal));
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async i =>
        {
            await using var channel = await session.ExecuteAsync($"echo words {i} >&2; cat; exit {i}", default);
            await ChannelEcho.CheckAsync(channel, 2 * 1024 * 1024);
            Assert.Equal(i, await channel.Exited);
            await channel.StandardError.Ended;

            // Nothing of ssh's own.
            Assert.Equal($"words {i}", channel.StandardError.Tail());
        }));
    }

    [TestBedFact]
    public async Task DisposingLeavesNothingBehind()
    {
        await using var sshd = await PrivateSshd.StartAsync();
        var session = await _connector.ConnectAsync(_loopback, sshd.Options(), default);
        await using var channel = await session.ExecuteAsync("echo $$; exec sleep 100", default);
        using var reader = new StreamReader(channel.Input);
        Assert.NotNull(await reader.ReadLineAsync());
        var watch = Stopwatch.StartNew();
        await session.DisposeAsync();
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 2.5);
        Assert.False(session.IsConnected);
        await Assert.ThrowsAnyAsync<ObjectDisposedException>(() => session.ExecuteAsync("true", default));
    }

    [TestBedFact]
    public async Task AConnectionThatIsLost()
    {
        var sshd = await PrivateSshd.StartAsync();
        await using var session = await _connector.ConnectAsync(_loopback, sshd.Options(), default);
        await using var channel = await session.ExecuteAsync("echo ready; exec sleep 100", default);
        Assert.Equal(6, await channel.Input.ReadAtLeastAsync(new byte[6], 6));

        // The process of sshd that serves this connection is the parent of whatever it runs.
        await using (var killer = await session.ExecuteAsync("kill -9 $PPID", default))
        {
            await killer.Exited.WaitAsync(TimeSpan.FromSeconds(5));
        }

        var failure = await Assert.ThrowsAsync<NixRemoteException>(() => channel.Input.ReadAsync(new byte[1]).AsTask().WaitAsync(TimeSpan.FromSeconds(5)));
        Assert.Equal(NixErrors.ConnectionLost, failure.Definition);
        Assert.False(session.IsConnected);
        await Assert.ThrowsAsync<NixRemoteException>(() => session.ExecuteAsync("true", default));
        await sshd.DisposeAsync();
    }

    [TestBedFact]
    public async Task MoreChannelsThanTheServerAllows()
    {
        await using var sshd = await PrivateSshd.StartAsync("MaxSessions 1");
        await using var session = await _connector.ConnectAsync(_loopback, sshd.Options(), default);
        await using var first = await session.ExecuteAsync("echo ready; exec cat", default);
        Assert.Equal(6, await first.Input.ReadAtLeastAsync(new byte[6], 6));
        var failure = await Assert.ThrowsAsync<NixRemoteException>(() => session.ExecuteAsync("true", default));
        Assert.Equal(NixErrors.ChannelRefused, failure.Definition);
        Assert.True(session.IsConnected);

        // A pool takes another connection for it.
        await using var pool = new SshChannelPool(_connector, _loopback, sshd.Options());
        await using var one = await pool.ExecuteAsync("exec cat", default);
        await using var two = await pool.ExecuteAsync("exit 3", default);
        Assert.Equal(3, await two.Exited);
    }

    /// <summary>Each cause by the same name as in process.</summary>
    [TestBedTheory]
    [InlineData("HostName no-such-host.invalid", nameof(NixErrors.HostNotFound))]
    [InlineData("Port {free}", nameof(NixErrors.ConnectionRefused))]
    [InlineData("UserKnownHostsFile none", nameof(NixErrors.HostKeyUnknown))]
    [InlineData("UserKnownHostsFile {changed}", nameof(NixErrors.HostKeyChanged))]
    [InlineData("UserKnownHostsFile {changed}\n  StrictHostKeyChecking no", nameof(NixErrors.HostKeyChanged))]
    [InlineData("UserKnownHostsFile {revoked}", nameof(NixErrors.HostKeyRevoked))]
    [InlineData("Ciphers aes128-cbc", nameof(NixErrors.NoCommonCipher))]
    [InlineData("Ciphers aes128-ctr\n  MACs hmac-md5", nameof(NixErrors.NoCommonMac))]
    [InlineData("KexAlgorithms diffie-hellman-group1-sha1", nameof(NixErrors.NoCommonKeyExchange))]
    [InlineData("HostKeyAlgorithms ecdsa-sha2-nistp521", nameof(NixErrors.NoCommonHostKeyAlgorithm))]
    [InlineData("User no-such-user", nameof(NixErrors.AuthenticationRejected))]
    [InlineData("BindAddress 192.0.2.1", nameof(NixErrors.HostUnreachable))]
    [InlineData("NoSuchOption yes", nameof(NixErrors.SshConfigInvalid))]
    [InlineData("ProxyCommand false", nameof(NixErrors.ProxyCommandFailed))]
    [InlineData("ProxyJump 127.0.0.1:{free}", nameof(NixErrors.ProxyJumpFailed))]
    public async Task EachCauseByItsName(string line, string error)
    {
        await using var sshd = await PrivateSshd.StartAsync();
        var key = (await File.ReadAllTextAsync(Path.Combine(sshd.Folder, "host_ed25519.pub"))).Trim();
        var other = (await File.ReadAllTextAsync(OpenSsh.MakeKey(Path.Combine(sshd.Folder, "other")) + ".pub")).Trim();
        var (changed, revoked) = (Path.Combine(sshd.Folder, "changed"), Path.Combine(sshd.Folder, "revoked"));
        await File.WriteAllTextAsync(changed, $"[127.0.0.1]:{sshd.Port} {other}\n");
        await File.WriteAllTextAsync(revoked, $"@revoked * {key}\n");
        line = line.Replace("{free}", $"{PrivateSshd.FreePort()}").Replace("{changed}", changed).Replace("{revoked}", revoked);
        await FailsAsync(NixErrors.All.Single(row => row.Id == error), _loopback, sshd.Options($"Host *\n  {line}\n"));
    }

    [Theory]
    [InlineData("220 mail.example ESMTP\r\n", true, nameof(NixErrors.NotAnSshServer))]
    [InlineData("", true, nameof(NixErrors.ConnectionDropped))]
    [InlineData("Exceeded MaxStartups\r\n", true, nameof(NixErrors.ServerBusy))]
    [InlineData(null, false, nameof(NixErrors.ServerSilent))]
    [InlineData("SSH-2.0-stub\r\n", false, nameof(NixErrors.HandshakeTimeout))]
    public async Task ServersThatAreNotSsh(string? greeting, bool close, string error)
    {
        if (OpenSsh.WhyMissing is not null)
        {
            return;
        }

        using var peer = new TcpPeer(greeting, close);
        await FailsAsync(NixErrors.All.Single(row => row.Id == error), _loopback with { Port = peer.Port },
            new SshOptions { ConfigFile = "none", ExtraArguments = "", ConnectTimeout = TimeSpan.FromSeconds(1) });
    }

    [TestBedFact]
    public async Task PinnedKeysAreTheOnlyOnes()
    {
        await using var sshd = await PrivateSshd.StartAsync();
        var key = await File.ReadAllTextAsync(Path.Combine(sshd.Folder, "host_ed25519.pub"));
        var other = await File.ReadAllTextAsync(OpenSsh.MakeKey(Path.Combine(sshd.Folder, "other")) + ".pub");
        await FailsAsync(NixErrors.HostKeyChanged, _loopback with { PinnedHostKey = other }, sshd.Options() with { AcceptNewHostKey = true });
        await using var session = await _connector.ConnectAsync(_loopback with { PinnedHostKey = key }, sshd.Options("Host *\n  UserKnownHostsFile none\n"), default);
        Assert.True(session.IsConnected);
    }

    [TestBedTheory]
    [InlineData("", nameof(NixErrors.AuthenticationRejected))]
    [InlineData("MaxAuthTries 1", nameof(NixErrors.TooManyKeys))]
    public async Task TheKeysThatItOfferedAreTold(string server, string error)
    {
        await using var sshd = await PrivateSshd.StartAsync(server, node: "b28");
        var (a, b) = (OpenSsh.MakeKey(Path.Combine(sshd.Folder, "a")), OpenSsh.MakeKey(Path.Combine(sshd.Folder, "b")));
        var failure = await Assert.ThrowsAsync<NixRemoteException>(() => _connector.ConnectAsync(_loopback, sshd.Options("Host *\n  IdentityAgent none\n", null, a, b), default));
        Assert.True(error == failure.ErrorId, $"{failure.ErrorId}: {failure.Message} {failure.StandardErrorTail}");
        Assert.Contains($"it offered {a} ED25519 {OpenSsh.FingerprintOf(a)}", failure.Message);
        Assert.Equal(server.Length == 0, failure.Message.Contains(OpenSsh.FingerprintOf(b), StringComparison.Ordinal));
    }

    [TestBedFact]
    public async Task PassphrasesAreGivenToIt()
    {
        await using var sshd = await PrivateSshd.StartAsync();
        OpenSsh.Run("ssh-keygen", "-q", "-p", "-f", sshd.IdentityFile, "-P", "", "-N", "secret words").Succeeded();
        var options = sshd.Options("Host *\n  IdentityAgent none\n");
        await FailsAsync(NixErrors.AuthenticationRejected, _loopback, options);
        await using var session = await _connector.ConnectAsync(_loopback, options with { KeyPassphrase = new NetworkCredential("", "secret words").SecurePassword }, default);
        Assert.True(session.IsConnected);
    }

    /// <summary>The password "words" of an account, given in the two ways, and whether that lets us in.</summary>
    [TestBedTheory]
    [InlineData("words", null, "PasswordAuthentication yes", null)]
    [InlineData("words", "other", "PasswordAuthentication yes", null)]
    [InlineData("wrong", null, "PasswordAuthentication yes", nameof(NixErrors.AuthenticationRejected))]
    [InlineData(null, "words", "PasswordAuthentication yes", nameof(NixErrors.AuthenticationRejected))]
    public async Task APasswordIsGivenToItAndAPassphraseIsNoPassword(string? password, string? passphrase, string server, string? error)
    {
        await using var sshd = await PrivateSshd.StartAsync(server);
        using var account = new Account(Account.Words, "/bin/sh");
        var options = sshd.Options("Host *\n  IdentityAgent none\n  IdentityFile none\n") with
        {
            ExtraArguments = $"-l {account.Name}",
            Credential = password is null ? null : new NetworkCredential(account.Name, password),
            KeyPassphrase = passphrase is null ? null : new NetworkCredential("", passphrase).SecurePassword,
        };
        File.Delete(sshd.IdentityFile);
        if (error is null)
        {
            await using var session = await _connector.ConnectAsync(_loopback, options, default);
            Assert.True(session.IsConnected);
        }
        else
        {
            var definition = NixErrors.All.Single(row => row.Id == error);
            await FailsAsync(definition, _loopback, options);
        }
    }

    /// <summary>The jump host asks for a password as well, and the builder's would be the right one.</summary>
    [TestBedFact]
    public async Task NobodysPasswordIsToldToAJumpHost()
    {
        await using var gate = await PrivateSshd.StartAsync("PasswordAuthentication yes");
        await using var sshd = await PrivateSshd.StartAsync("PasswordAuthentication yes");
        using var account = new Account(Account.Words, "/bin/sh");
        File.Delete(gate.IdentityFile);
        var lines = $"Host gate\n  HostName localhost\n  HostKeyAlias gate\n  Port {gate.Port}\n  UserKnownHostsFile {sshd.Folder}/gate\nHost 127.0.0.1\n  ProxyJump gate\n"
            + $"Host *\n  User {account.Name}\n  IdentityAgent none\n  IdentityFile none\n";
        await File.WriteAllTextAsync(Path.Combine(sshd.Folder, "gate"), $"gate {await File.ReadAllTextAsync(Path.Combine(gate.Folder, "host_ed25519.pub"))}");
        var options = sshd.Options(lines) with { Credential = new NetworkCredential(account.Name, "words") };
        await FailsAsync(NixErrors.ProxyJumpFailed, _loopback, options);
    }

    [TestBedTheory]
    [InlineData(0)]
    [InlineData(30)]
    [InlineData(150)]
    public async Task CancellingEndsAtOnce(int milliseconds)
    {
        using var peer = new TcpPeer("SSH-2.0-stub\r\n", close: false);
        using var cancel = new CancellationTokenSource(milliseconds);
        var connecting = _connector.ConnectAsync(_loopback with { Port = peer.Port }, new SshOptions { ConfigFile = "none", ExtraArguments = "" }, cancel.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.WaitAsync(TimeSpan.FromSeconds(3)));
    }

    /// <summary>What the choice is, lines of the configuration, and whether the OpenSSH client is used.</summary>
    [TestBedTheory]
    [InlineData(SshTransport.Auto, "", false)]
    [InlineData(SshTransport.SshNet, "", false)]
    [InlineData(SshTransport.OpenSsh, "", true)]
    [InlineData(SshTransport.Auto, "Match exec \"true\"\n  User nix\n", true)]
    [InlineData(SshTransport.SshNet, "Match exec \"true\"\n  User nix\n", false)]
    [InlineData(SshTransport.Auto, "Ciphers aes128-gcm@openssh.com\n", false)]
    public async Task WhoSpeaks(SshTransport transport, string lines, bool openSsh)
    {
        await using var sshd = await PrivateSshd.StartAsync();
        var (said, warnings) = (new List<string>(), new List<string>());
        var connector = new SshConnector(new SshNetConnector(), _connector);
        await using var session = await connector.ConnectAsync(
            _loopback, sshd.Options(lines, said.Add) with { Transport = transport, Warning = warnings.Add }, default);
        Assert.Equal(openSsh, said.Exists(line => line.Contains("with /", StringComparison.Ordinal) && line.Contains("ssh: host key", StringComparison.Ordinal)));
        Assert.Equal(openSsh && transport == SshTransport.Auto, said.Exists(line => line.Contains("is reached with the OpenSSH client", StringComparison.Ordinal) && line.Contains("Match exec", StringComparison.Ordinal)));
        Assert.Equal(!openSsh && lines.StartsWith("Match", StringComparison.Ordinal), warnings.Exists(line => line.Contains("Match exec", StringComparison.Ordinal)));
    }

    /// <summary>What fails in process, of which configuration and key, and whether the OpenSSH client has a try.</summary>
    [Theory]
    [InlineData(nameof(NixErrors.AuthenticationRejected), "", false, false)]
    [InlineData(nameof(NixErrors.AuthenticationRejected), "", true, true)]
    [InlineData(nameof(NixErrors.IdentityFileInvalid), "", true, true)]
    [InlineData(nameof(NixErrors.AuthenticationRejected), "HostbasedAuthentication yes", false, true)]
    [InlineData(nameof(NixErrors.ConnectionRefused), "HostbasedAuthentication yes", true, false)]
    [InlineData(nameof(NixErrors.HostKeyChanged), "HostbasedAuthentication yes", true, false)]
    [InlineData(nameof(NixErrors.SshOptionUnsupported), "", false, true)]
    public async Task WhatTheOpenSshClientHasATryAt(string error, string line, bool securityKey, bool tried)
    {
        if (OpenSsh.WhyMissing is not null)
        {
            return;
        }

        using var folder = new Builders.TemporaryFolder();

        // string type, string key, string application: as ssh-keygen -t ed25519-sk writes it, which needs the device.
        byte[] blob = [.. SshBlob.String("sk-ssh-ed25519@openssh.com"), .. SshBlob.String(new string('k', 32)), .. SshBlob.String("ssh:")];
        var key = folder["key"];
        folder.Write("key.pub", securityKey ? $"sk-ssh-ed25519@openssh.com {Convert.ToBase64String(blob)} test\n" : "");
        var options = new SshOptions { ConfigFile = folder.Write("config", $"IdentityFile {key}\n{line}\n"), ExtraArguments = "" };
        var failure = new NixRemoteException(NixErrors.All.Single(row => row.Id == error), "in process");
        var (inProcess, openSsh) = (new Failing(failure), new Failing(new NixRemoteException(NixErrors.OpenSshFailed, "ssh")));
        var told = await Assert.ThrowsAsync<NixRemoteException>(() => new SshConnector(inProcess, openSsh).ConnectAsync(_loopback, options, default));
        Assert.Equal((true, tried, tried ? "ssh" : "in process"), (inProcess.WasAsked, openSsh.WasAsked, told.Message));
    }

    private sealed class Failing(NixRemoteException failure) : ISshConnector
    {
        public bool WasAsked { get; private set; }

        public Task<ISshSession> ConnectAsync(SshTarget target, SshOptions options, CancellationToken cancellationToken)
        {
            WasAsked = true;
            throw failure;
        }
    }

    private static async Task FailsAsync(ErrorDefinition definition, SshTarget target, SshOptions options)
    {
        var failure = await Assert.ThrowsAnyAsync<NixRemoteException>(() => _connector.ConnectAsync(target, options, default));
        Assert.True(definition == failure.Definition, $"{failure.ErrorId}: {failure.Message}\n{failure.StandardErrorTail}");
        Assert.Equal(target.ToString(), failure.Builder);
    }
}
