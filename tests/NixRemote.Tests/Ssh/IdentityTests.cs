using System.Net;
using System.Security;
using NixRemote.Adapters.Ssh;
using NixRemote.Tests.TestBed;
using NixRemote.Transport;

namespace NixRemote.Tests.Ssh;

/// <summary>Keys of every format, with passphrases, with certificates, and in a real agent, against real sshds.</summary>
public sealed class IdentityTests
{
    private static readonly SshNetConnector _connector = new();
    private static readonly SshTarget _loopback = new() { Host = "127.0.0.1" };

    public static TheoryData<string, string> KeyTypesTimesFormats
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (var type in new[] { "ed25519", "ecdsa", "rsa" })
            {
                foreach (var format in type == "ed25519" ? ["RFC4716"] : new[] { "RFC4716", "PEM", "PKCS8" })
                {
                    rows.Add(type, format);
                }
            }

            return rows;
        }
    }

    [TestBedTheory]
    [MemberData(nameof(KeyTypesTimesFormats))]
    public async Task EachFormatWithAndWithoutAPassphrase(string type, string format)
    {
        await using var sshd = await PrivateSshd.StartAsync(identityType: type);
        ConvertKey(sshd.IdentityFile, format, "", "");
        await using (await _connector.ConnectAsync(_loopback, sshd.Options(), default))
        {
            ConvertKey(sshd.IdentityFile, format, "", "secret words");
        }

        await FailsAsync(NixErrors.IdentityFileEncrypted, sshd.Options());
        await FailsAsync(NixErrors.IdentityPassphraseWrong, sshd.Options() with { KeyPassphrase = Secure("wrong") });
        await using (await _connector.ConnectAsync(_loopback, sshd.Options() with { KeyPassphrase = Secure("secret words") }, default))
        await using (await _connector.ConnectAsync(_loopback, sshd.Options() with { Credential = new NetworkCredential("", "secret words") }, default))
        {
            // Both ways to say it.
        }
    }

    [TestBedFact]
    public async Task TheUserOfTheCredentialIsTheLastResort()
    {
        await using var sshd = await PrivateSshd.StartAsync();
        var options = sshd.Options();
        var text = (await File.ReadAllTextAsync(options.ConfigFile!)).Replace("  User nix\n", "");
        await File.WriteAllTextAsync(options.ConfigFile!, text);
        await using var session = await _connector.ConnectAsync(_loopback, options with { Credential = new NetworkCredential("nix", "") }, default);
        Assert.StartsWith("nix@", session.Description);
        await using var other = await _connector.ConnectAsync(
            _loopback with { User = "nix" }, options with { Credential = new NetworkCredential("nobody-here", "") }, default);
        Assert.StartsWith("nix@", other.Description);
    }

    [TestBedFact]
    public async Task AKeyThatOthersCanReadIsNotOffered()
    {
        await using var sshd = await PrivateSshd.StartAsync();
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        File.SetUnixFileMode(sshd.IdentityFile, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        var options = sshd.Options();
        Assert.Contains("UNPROTECTED PRIVATE KEY FILE",
            OpenSsh.Run("ssh", "-F", options.ConfigFile!, "-o", "BatchMode=yes", "127.0.0.1", "true").StandardError);
        var failure = await FailsAsync(NixErrors.IdentityFileTooOpen, options);
        Assert.Equal($"chmod 600 '{sshd.IdentityFile}'", failure.RecommendedAction);
        Assert.Contains("mode 640", failure.Message);
    }

    [TestBedTheory]
    [InlineData("ed25519", "beside")]
    [InlineData("ed25519", "CertificateFile")]
    [InlineData("ecdsa", "beside")]
    [InlineData("rsa", "beside")]
    [InlineData("rsa", "CertificateFile")]
    [InlineData("ed25519", "agent")]
    [InlineData("rsa", "agent")]
    [InlineData("ed25519", "CertificateFile and agent")]
    public async Task CertificatesOfUsers(string type, string where)
    {
        var key = "";
        await using var sshd = await PrivateSshd.StartAsync(prepare: folder =>
        {
            var ca = OpenSsh.MakeKey(Path.Combine(folder, "ca"));
            key = OpenSsh.MakeKey(Path.Combine(folder, "certified"), type);
            OpenSsh.Run("ssh-keygen", "-q", "-s", ca, "-I", "test", "-n", "nix", key + ".pub").Succeeded();
            return $"TrustedUserCAKeys {ca}.pub";
        });
        var certificate = key + "-cert.pub";
        var agent = where.Contains("agent", StringComparison.Ordinal) ? await SshAgentProcess.StartAsync(sshd.Folder) : null;
        await using var _ = agent;
        var lines = $"Host *\n  IdentityAgent {agent?.Socket ?? "none"}\n";
        if (where.StartsWith("CertificateFile", StringComparison.Ordinal))
        {
            var moved = Path.Combine(sshd.Folder, "elsewhere");
            File.Move(certificate, moved);
            lines += $"  CertificateFile {moved}\n";
        }

        if (agent is not null)
        {
            agent.Add(key);
            Array.ForEach(Directory.GetFiles(sshd.Folder, "certified*"), File.Delete);
        }

        await using var session = await _connector.ConnectAsync(_loopback, sshd.Options(lines, null, key), default);
        Assert.True(session.IsConnected);
    }

    [TestBedTheory]
    [InlineData("ed25519")]
    [InlineData("ecdsa")]
    [InlineData("rsa")]
    public async Task KeysThatOnlyTheAgentHas(string type)
    {
        await using var sshd = await PrivateSshd.StartAsync(identityType: type);
        await using var agent = await SshAgentProcess.StartAsync(sshd.Folder);
        agent.Add(OpenSsh.MakeKey(Path.Combine(sshd.Folder, "stranger")));
        agent.Add(sshd.IdentityFile);
        var key = Path.Combine(sshd.Folder, "only-public");
        File.Copy(sshd.IdentityFile + ".pub", key + ".pub");
        var configured = $"Host *\n  IdentityAgent {agent.Socket}\n";
        await using (await _connector.ConnectAsync(_loopback, sshd.Options(configured, null, key), default))
        {
            // KEY.pub says which of the agent's keys it is, and IdentitiesOnly leaves just that one.
            await using var only = await _connector.ConnectAsync(_loopback, sshd.Options(configured + "  IdentitiesOnly yes\n", null, key), default);
            Assert.True(only.IsConnected);
        }

        File.Delete(key + ".pub");
        await using (await _connector.ConnectAsync(_loopback, sshd.Options(configured, null, key), default))
        {
            await FailsAsync(NixErrors.IdentityFileMissing, sshd.Options(configured + "  IdentitiesOnly yes\n", null, key));
        }
    }

    [TestBedFact]
    public async Task TheAgentsKeyStandsInForALockedFile()
    {
        await using var sshd = await PrivateSshd.StartAsync("MaxAuthTries 2", node: "b28");
        await using var agent = await SshAgentProcess.StartAsync(sshd.Folder);
        for (var i = 0; i < 3; i++)
        {
            agent.Add(OpenSsh.MakeKey(Path.Combine(sshd.Folder, $"stranger{i}")));
        }

        agent.Add(sshd.IdentityFile);
        ConvertKey(sshd.IdentityFile, "RFC4716", "", "secret");

        // It is named, so it comes before the strangers; sshd would hang up after two of them.
        await using var session = await _connector.ConnectAsync(_loopback, sshd.Options($"Host *\n  IdentityAgent {agent.Socket}\n"), default);
        Assert.True(session.IsConnected);
        await FailsAsync(NixErrors.TooManyKeys, sshd.Options($"Host *\n  IdentityAgent {agent.Socket}\n", null, "/nothing/here"));
    }

    [TestBedFact]
    public async Task AgentsThatDoNotHelp()
    {
        await using var sshd = await PrivateSshd.StartAsync();
        await using var agent = await SshAgentProcess.StartAsync(sshd.Folder);
        var lines = $"Host *\n  IdentityAgent {agent.Socket}\n";
        Assert.Equal(agent.Socket, (await FailsAsync(NixErrors.AgentHasNoKey, sshd.Options(lines, null, "/nothing/here"))).Target);

        // A key that must be confirmed, and nobody to do it.
        agent.Add("-c", sshd.IdentityFile);
        await FailsAsync(NixErrors.AgentRefused, sshd.Options(lines, null, "/nothing/here"));

        var nobody = Path.Combine(sshd.Folder, "nobody");
        Assert.Equal(nobody, (await FailsAsync(NixErrors.AgentUnavailable, sshd.Options($"Host *\n  IdentityAgent {nobody}\n", null, "/nothing/here"))).Target);

        // With another key that is right, none of that matters.
        await using var session = await _connector.ConnectAsync(_loopback, sshd.Options($"Host *\n  IdentityAgent {nobody}\n"), default);
        Assert.True(session.IsConnected);
    }

    /// <summary>A key in a file, one in the agent, one that is locked, one that is missing, and an agent's key that IdentitiesOnly leaves out.</summary>
    [TestBedTheory]
    [InlineData("", "refused A (TYPE A), 'test' in the agent (TYPE B)")]
    [InlineData("MaxAuthTries 1", "refused A (TYPE A); not tried any more: 'test' in the agent (TYPE B)")]
    public async Task WhatBecameOfEachKeyIsTold(string server, string told)
    {
        await using var sshd = await PrivateSshd.StartAsync(server, node: "b28");
        await using var agent = await SshAgentProcess.StartAsync(sshd.Folder);
        string Key(string name, string passphrase = "") => OpenSsh.MakeKey(Path.Combine(sshd.Folder, name), passphrase: passphrase);
        var (a, b, locked, missing) = (Key("a"), Key("b"), Key("locked", "secret"), Path.Combine(sshd.Folder, "missing"));
        agent.Add(b);
        agent.Add(a);
        var lines = $"Host *\n  IdentityAgent {agent.Socket}\n";

        var failure = await Assert.ThrowsAnyAsync<NixRemoteException>(
            () => _connector.ConnectAsync(_loopback, sshd.Options(lines, null, a, locked, missing), default));

        string Named(string text) => text.Replace("refused A ", $"refused {a} in the agent ", StringComparison.Ordinal)
            .Replace("TYPE A", $"ssh-ed25519 {OpenSsh.FingerprintOf(a)}", StringComparison.Ordinal).Replace("TYPE B", $"ssh-ed25519 {OpenSsh.FingerprintOf(b)}", StringComparison.Ordinal);
        Assert.Contains(Named(told), failure.Message);
        Assert.Equal(server.Length == 0 ? NixErrors.AuthenticationRejected : NixErrors.TooManyKeys, failure.Definition);

        if (server.Length > 0)
        {
            return;
        }

        failure = await FailsAsync(NixErrors.AuthenticationRejected, sshd.Options(lines + "  IdentitiesOnly yes\n", null, a, locked, missing));
        Assert.Contains(Named("refused A (TYPE A); left out, for IdentitiesOnly is set: 'test' in the agent (TYPE B)"), failure.Message);
        Assert.Contains($"'{locked}' is protected by a passphrase", failure.Message);
        Assert.Contains($"'{missing}' does not exist", failure.Message);
    }

    /// <summary>The usual names of key files, of which nobody has all.</summary>
    [TestBedFact]
    public async Task FilesThatAreNotThereAreOneSentence()
    {
        await using var sshd = await PrivateSshd.StartAsync();
        var (a, b) = (Path.Combine(sshd.Folder, "a"), Path.Combine(sshd.Folder, "b"));
        var failure = await FailsAsync(NixErrors.IdentityFileMissing, sshd.Options("Host *\n  IdentityAgent none\n", null, a, b));
        Assert.EndsWith($"lets nobody in without a key. None of these identity files exists: {a}, {b}.", failure.Message);
        Assert.Contains("Register-NixBuilder -NewKey", failure.RecommendedAction);
    }

    [TestBedFact]
    public async Task TheKeyThatWasTakenIsTold()
    {
        await using var sshd = await PrivateSshd.StartAsync();
        var stranger = OpenSsh.MakeKey(Path.Combine(sshd.Folder, "stranger"));
        var steps = new List<SshStep>();
        var options = sshd.Options("", null, stranger, sshd.IdentityFile) with { Step = steps.Add };

        await using var session = await _connector.ConnectAsync(_loopback, options, default);

        Assert.Equal($"Logged in as 'nix'; it refused {stranger} (ssh-ed25519 {OpenSsh.FingerprintOf(stranger)}); "
            + $"it accepted {sshd.IdentityFile} (ssh-ed25519 {OpenSsh.FingerprintOf(sshd.IdentityFile)}).", steps.Single(step => step.Check == BuilderCheckName.Authentication).Message);
    }

    [TestBedTheory]
    [InlineData("PubkeyAuthentication no\nPasswordAuthentication yes", nameof(NixErrors.AuthenticationMethodMissing))]
    [InlineData("AuthenticationMethods publickey,password\nPasswordAuthentication yes", nameof(NixErrors.AuthenticationMethodMissing))]
    public async Task MoreThanAKeyIsWanted(string server, string error)
    {
        await using var sshd = await PrivateSshd.StartAsync(server);
        var failure = await FailsAsync(NixErrors.All.Single(row => row.Id == error), sshd.Options());
        Assert.Contains("password", failure.Message);
    }

    private static SecureString Secure(string text) => new NetworkCredential("", text).SecurePassword;

    private static void ConvertKey(string file, string format, string old, string passphrase) =>
        OpenSsh.Run("ssh-keygen", "-q", "-p", "-f", file, "-m", format, "-P", old, "-N", passphrase).Succeeded();

    private static async Task<NixRemoteException> FailsAsync(ErrorDefinition definition, SshOptions options)
    {
        var failure = await Assert.ThrowsAnyAsync<NixRemoteException>(() => _connector.ConnectAsync(_loopback, options, default));
        Assert.True(definition == failure.Definition, $"{failure.ErrorId}: {failure.Message}");
        return failure;
    }
}
