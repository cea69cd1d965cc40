using System.Net;
using NixRemote.Adapters.Ssh;
using NixRemote.Tests.TestBed;
using NixRemote.Transport;

namespace NixRemote.Tests.Ssh;

/// <summary>Passwords, and accounts that sshd does not let in whatever they show, on a real sshd.</summary>
public sealed class AccountTests
{
    private static readonly SshNetConnector _connector = new();

    [TestBedTheory]
    [InlineData("PasswordAuthentication yes\nPubkeyAuthentication no", "words", null)]
    [InlineData("PasswordAuthentication yes\nPubkeyAuthentication no", "wrong", nameof(NixErrors.AuthenticationRejected))]
    [InlineData("PasswordAuthentication yes\nAuthenticationMethods publickey,password", "words", null)]
    [InlineData("PasswordAuthentication no\nKbdInteractiveAuthentication no", "words", null)]
    public async Task PasswordsOfACredential(string server, string password, string? error)
    {
        await using var sshd = await PrivateSshd.StartAsync(server);
        using var account = new Account(Account.Words, "/bin/sh");
        var options = sshd.Options() with { ExtraArguments = $"-l {account.Name}", Credential = new NetworkCredential(account.Name, password) };
        var steps = new List<SshStep>();
        if (error is null)
        {
            await using var session = await _connector.ConnectAsync(new SshTarget { Host = "127.0.0.1" }, options with { Step = steps.Add }, default);
            Assert.Equal(server.Contains("PasswordAuthentication yes", StringComparison.Ordinal),
                steps.Single(step => step.Check == BuilderCheckName.Authentication).Message.EndsWith("; it accepted the password (password).", StringComparison.Ordinal));
        }
        else
        {
            var failure = await FailsAsync(error, options);
            Assert.Contains("not tried: ", failure.Message);
            Assert.Contains("; it refused the password (password)", failure.Message);
            Assert.Contains("the password of -Credential", failure.RecommendedAction);
        }
    }

    /// <summary>The password's field and the shell of an account, and what comes of a key that is right.</summary>
    [TestBedTheory]
    [InlineData("*", "/bin/sh", null)]
    [InlineData("!locked", "/bin/sh", nameof(NixErrors.AuthenticationRejected))]
    [InlineData("*", "/no/such/shell", nameof(NixErrors.AuthenticationRejected))]
    public async Task AccountsThatAreNotLetIn(string password, string shell, string? error)
    {
        await using var sshd = await PrivateSshd.StartAsync();
        using var account = new Account(password, shell);
        var options = sshd.Options() with { ExtraArguments = $"-l {account.Name}" };
        if (error is null)
        {
            await (await _connector.ConnectAsync(new SshTarget { Host = "127.0.0.1" }, options, default)).DisposeAsync();
            return;
        }

        var failure = await FailsAsync(error, options);
        Assert.Contains("locked", failure.RecommendedAction);
    }

    /// <summary>What ends the connection while the key's signature is under way: the machine, in order, or the network.</summary>
    [TestBedTheory]
    [InlineData(true, 1)]
    [InlineData(true, 2)]
    [InlineData(false, 1)]
    [InlineData(false, 2)]
    public async Task AConnectionThatEndsBeforeTheServerHasDecided(bool inOrder, int keys)
    {
        await using var sshd = await PrivateSshd.StartAsync();
        await using var agent = await SshAgentProcess.StartAsync(sshd.Folder);
        for (var i = 1; i < keys; i++)
        {
            agent.Add(OpenSsh.MakeKey(Path.Combine(sshd.Folder, "stranger")));
        }

        agent.Add(sshd.IdentityFile);
        using var wire = new FaultyWire(sshd.Port);
        using var between = new AgentProxy(Path.Combine(sshd.Folder, "between"), agent.Socket, inOrder ? wire.HangUp : wire.Cut);
        var options = sshd.Options($"Host *\n  Port {wire.Port}\n  HostKeyAlias [127.0.0.1]:{sshd.Port}\n  IdentityAgent {between.Socket}\n", null, "/nothing/here");

        var failure = await FailsAsync(nameof(NixErrors.AuthenticationInterrupted), options);

        Assert.Equal((BuilderCheckName.Authentication, FailureCategory.ConnectionError), (failure.Check, failure.Definition.Category));
        Assert.Contains($"did not answer to 'test' in the agent (ssh-ed25519 {OpenSsh.FingerprintOf(sshd.IdentityFile)})", failure.Message);
        Assert.Equal(keys == 2, failure.Message.Contains("it refused 'test' in the agent", StringComparison.Ordinal));
    }

    /// <summary>PAM's word about an account whose key is right: it says something, or sshd hangs up without a word; both times in order.</summary>
    [TestBedTheory]
    [InlineData("account required pam_echo.so file=$folder/words\naccount required pam_deny.so", nameof(NixErrors.AccountRefused))]
    [InlineData("account required pam_deny.so", nameof(NixErrors.AuthenticationInterrupted))]
    [InlineData("account required pam_permit.so\nsession required pam_permit.so\nauth required pam_permit.so", null)]
    public async Task AccountsThatPamRefuses(string rules, string? error)
    {
        await using var sshd = await PrivateSshd.StartAsync("UsePAM yes\nBanner /etc/debian_version", setUp: $"""
            echo 'Your account has expired; ask Eve.' > $folder/words
            chmod 755 $folder
            mkdir -p $folder/pam.d
            cat > $folder/pam.d/sshd <<END
            {rules.ReplaceLineEndings("\n")}
            END
            mkdir -p /etc/pam.d
            mount --bind $folder/pam.d /etc/pam.d
            """);
        var options = sshd.Options();
        if (error is null)
        {
            await (await _connector.ConnectAsync(new SshTarget { Host = "127.0.0.1" }, options, default)).DisposeAsync();
            return;
        }

        var failure = await FailsAsync(error, options);
        Assert.Equal(error == nameof(NixErrors.AccountRefused), failure.Message.EndsWith("with the words: Your account has expired; ask Eve.", StringComparison.Ordinal));
        Assert.Equal(BuilderCheckName.Authentication, failure.Check);
        Assert.DoesNotContain("forky", failure.Message);
    }

    private static async Task<NixRemoteException> FailsAsync(string error, SshOptions options)
    {
        var failure = await Assert.ThrowsAnyAsync<NixRemoteException>(() => _connector.ConnectAsync(new SshTarget { Host = "127.0.0.1" }, options, default));
        Assert.True(error == failure.ErrorId, $"{failure.ErrorId}: {failure.Message}");
        return failure;
    }

    /// <summary>An agent that hands everything to another, and does something once it has given a signature.</summary>
    private sealed class AgentProxy : IDisposable
    {
        private readonly System.Net.Sockets.Socket _listener = new(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, 0);
        private readonly string _target;
        private readonly Action _signed;

        public AgentProxy(string socket, string target, Action signed)
        {
            Socket = socket;
            _target = target;
            _signed = signed;
            _listener.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(socket));
            _listener.Listen();
            _ = ServeAsync();
        }

        public string Socket { get; }

        public void Dispose() => _listener.Dispose();

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    using var client = await _listener.AcceptAsync();
                    using var server = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, 0);
                    await server.ConnectAsync(new System.Net.Sockets.UnixDomainSocketEndPoint(_target));
                    var buffer = new byte[64 * 1024];

                    // A message is one piece here; the fifth byte is its type.
                    var asked = await client.ReceiveAsync(buffer);
                    var isSigning = buffer[4] == 13;
                    await server.SendAsync(buffer.AsMemory(0, asked));
                    var answered = await server.ReceiveAsync(buffer);
                    if (isSigning)
                    {
                        _signed();
                    }

                    await client.SendAsync(buffer.AsMemory(0, answered));
                }
            }
            catch (Exception e) when (e is System.Net.Sockets.SocketException or ObjectDisposedException)
            {
                // Disposed.
            }
        }
    }
}
