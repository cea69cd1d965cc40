using NixRemote.Tests.Builders;
using NixRemote.Transport;

namespace NixRemote.Tests.Ssh;

/// <summary>known_hosts (sshd(8) "SSH_KNOWN_HOSTS FILE FORMAT"): which lines are about a host, and what they say of a key.</summary>
public sealed class KnownHostsTests
{
    private const string Ed25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJkufs6yKc3CkdfLFEEOJbZiQQu2YuvE0oeri11J6Mci";
    private const string Ed25519Other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPWOLlIwx/Zazszzi+/P0hc182ilgDwC5fT223QOQJzS";
    private const string Ecdsa =
        "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEmKSENjQEezOmxkZMy7opKgwFB9nkt5YRrYMjNuG5N87uRgg6CLrbo5wAdT/y6v0mKV0U2w0WZ2YB/++Tpockg=";

    /// <summary>The hosts of a line, a name, and whether the line is about it.</summary>
    [Theory]
    [InlineData("box", "box", true)]
    [InlineData("box", "BOX", true)]
    [InlineData("Box", "box", true)]
    [InlineData("box", "box2", false)]
    [InlineData("a,box,c", "box", true)]
    [InlineData("*.example", "a.example", true)]
    [InlineData("*.example", "example", false)]
    [InlineData("box?", "box1", true)]
    [InlineData("*.example,!bad.example", "bad.example", false)]
    [InlineData("!bad.example,*.example", "bad.example", false)]
    [InlineData("*.example,!bad.example", "good.example", true)]
    [InlineData("!bad.example", "good.example", false)]
    [InlineData("[box]:23", "box", false)]
    // The example of sshd(8) for a hashed name.
    [InlineData("|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg=", "192.168.1.61", true)]
    [InlineData("|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg=", "192.168.1.62", false)]
    [InlineData("|1|short=|3988QV0VE8wmZL7suNrYQLITLCg=", "192.168.1.61", false)]
    [InlineData("|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=", "192.168.1.61", false)]
    public void LinesOfAHost(string hosts, string name, bool expected) =>
        Assert.Equal(expected ? HostKeyStatus.Known : HostKeyStatus.Unknown, Load($"{hosts} {Ed25519}\n", name).Check(Key(Ed25519)).Status);

    /// <summary>Lines for "box", the key that it shows, the answer, and the line that decided.</summary>
    [Theory]
    [InlineData("box {a}", "{a}", HostKeyStatus.Known, 1)]
    [InlineData("box {a} a comment", "{a}", HostKeyStatus.Known, 1)]
    [InlineData("box {b}", "{a}", HostKeyStatus.Changed, 1)]
    [InlineData("box {b}|box {a}", "{a}", HostKeyStatus.Known, 2)]
    [InlineData("box {c}", "{a}", HostKeyStatus.Unknown, 1)]
    [InlineData("other {a}", "{a}", HostKeyStatus.Unknown, null)]
    [InlineData("", "{a}", HostKeyStatus.Unknown, null)]
    [InlineData("box {c}|box {b}", "{a}", HostKeyStatus.Changed, 2)]
    [InlineData("@revoked * {a}", "{a}", HostKeyStatus.Revoked, 1)]
    [InlineData("box {a}|@revoked box {a}", "{a}", HostKeyStatus.Revoked, 2)]
    [InlineData("@revoked box {b}|box {a}", "{a}", HostKeyStatus.Known, 2)]
    [InlineData("@revoked other {a}|box {a}", "{a}", HostKeyStatus.Known, 2)]
    [InlineData("@revoked box {b}", "{a}", HostKeyStatus.Unknown, null)]
    [InlineData("@cert-authority box {a}", "{a}", HostKeyStatus.Unknown, null)]
    [InlineData("# box {a}", "{a}", HostKeyStatus.Unknown, null)]
    public void WhatTheLinesSayOfAKey(string lines, string shown, HostKeyStatus status, int? line)
    {
        var verdict = Load(Fill(lines).Replace('|', '\n') + "\n", "box").Check(Key(Fill(shown)));
        Assert.Equal((status, line), (verdict.Status, verdict.Entry?.Line));
    }

    /// <summary>Lines, and the answer for the host "box" on port 2222.</summary>
    [Theory]
    [InlineData("[box]:2222 {a}", HostKeyStatus.Known)]
    [InlineData("[box]:2223 {a}", HostKeyStatus.Unknown)]
    [InlineData("[box]:2222 {b}", HostKeyStatus.Changed)]
    [InlineData("[*]:2222 {a}", HostKeyStatus.Known)]
    // The same machine on another port: its key is as good; another key there does not make this one changed.
    [InlineData("box {a}", HostKeyStatus.Known)]
    [InlineData("box {b}", HostKeyStatus.Unknown)]
    [InlineData("[box]:2222 {b}|box {a}", HostKeyStatus.Changed)]
    [InlineData("@revoked box {a}|box {a}", HostKeyStatus.Revoked)]
    public void PortsOtherThan22(string lines, HostKeyStatus status) =>
        Assert.Equal(status, Load(Fill(lines).Replace('|', '\n') + "\n", "box", 2222).Check(Key(Ed25519)).Status);

    [Fact]
    public void TheTypesThatAreKnownComeFirst()
    {
        var known = Load($"other {Ed25519}\nbox {Ecdsa}\n@revoked box {Ed25519}\nbox {Ecdsa}\n", "box");
        Assert.Equal(["ecdsa-sha2-nistp256"], known.KeyTypes);
    }

    [Fact]
    public void AnAuthorityIsRecognised()
    {
        var known = Load($"@cert-authority *.example {Ed25519}\n", "box.example");
        Assert.Equal(1, known.CertificateAuthority?.Line);
        Assert.Empty(known.KeyTypes);
    }

    [Fact]
    public void SeveralFilesCountTogetherAndMissingOnesDoNot()
    {
        using var folder = new TemporaryFolder();
        var config = Config("box", 22) with
        {
            UserKnownHostsFiles = [folder["missing"], folder.Write("user", $"box {Ecdsa}\n")],
            GlobalKnownHostsFiles = [folder.Write("system", $"\n# c\nbox {Ed25519}\n")],
        };
        var known = KnownHosts.Load(config);
        Assert.Equal($"{folder["system"]} line 3", known.Check(Key(Ed25519)).Entry?.ToString());
        Assert.Equal([folder["missing"], folder["user"], folder["system"]], known.Files);
    }

    [Theory]
    [InlineData("box")]
    [InlineData("box ssh-ed25519")]
    [InlineData("box ssh-ed25519 not-base64!")]
    [InlineData("box ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIJkufs6yKc3CkdfLFEEOJbZiQQu2YuvE0oeri11J6Mci")]
    [InlineData("box ssh-ed25519 AAAA")]
    [InlineData("@revoked")]
    [InlineData("@revoked box")]
    [InlineData("@unknown box {a}")]
    [InlineData("box 1024 65537 1234567890")]
    public void LinesThatCannotBeReadDoNothingAndAreTold(string line)
    {
        var problems = new List<string>();
        Assert.Equal(HostKeyStatus.Unknown, Load(Fill(line) + "\n", "box", problem: problems.Add).Check(Key(Ed25519)).Status);
        Assert.Contains("line 1", Assert.Single(problems));
    }

    [Fact]
    public void APinnedKeyIsTheOnlyOne()
    {
        var known = KnownHosts.Pinned(Config("box", 2222), Ed25519 + " root@box");
        Assert.Equal(HostKeyStatus.Known, known.Check(Key(Ed25519)).Status);
        Assert.Equal(HostKeyStatus.Changed, known.Check(Key(Ed25519Other)).Status);
        Assert.Equal(HostKeyStatus.Changed, known.Check(Key(Ecdsa)).Status);
        Assert.Equal(["ssh-ed25519"], known.KeyTypes);
        Assert.Throws<NixRemoteException>(() => KnownHosts.Pinned(Config("box", 22), "AAAA"));
    }

    [OpenSshFact]
    public void HashedAndFingerprintedAsSshKeygenDoes()
    {
        using var folder = new TemporaryFolder();
        var key = OpenSsh.MakeKey(folder["key"]) + ".pub";
        var line = File.ReadAllText(key).Trim();
        var file = folder.Write("known_hosts", $"box,10.0.0.1 {line}\n[box]:2222 {line}\n");
        Assert.Equal(0, OpenSsh.Run("ssh-keygen", "-H", "-f", file).ExitCode);
        Assert.DoesNotContain("box", File.ReadAllText(file));
        foreach (var (name, port) in new[] { ("box", 22), ("10.0.0.1", 22), ("box", 2222) })
        {
            var config = Config(name, port) with { UserKnownHostsFiles = [file] };
            Assert.Equal(HostKeyStatus.Known, KnownHosts.Load(config).Check(Key(line)).Status);
        }

        Assert.Contains(Key(line).Fingerprint, OpenSsh.Run("ssh-keygen", "-l", "-f", key).StandardOutput);
    }

    private static HostKey Key(string line) => HostKey.Parse(line)!;

    private static string Fill(string text) => text.Replace("{a}", Ed25519).Replace("{b}", Ed25519Other).Replace("{c}", Ecdsa);

    private static KnownHosts Load(string text, string host, int port = 22, Action<string>? problem = null)
    {
        using var folder = new TemporaryFolder();
        return KnownHosts.Load(Config(host, port) with { UserKnownHostsFiles = [folder.Write("known_hosts", text)] }, problem);
    }

    private static SshHostConfig Config(string host, int port) => new()
    {
        OriginalHost = host,
        HostName = host,
        Port = port,
        User = "nix",
        IdentityFiles = [],
        UserKnownHostsFiles = [],
        GlobalKnownHostsFiles = [],
        ConnectTimeout = TimeSpan.FromSeconds(15),
        KeepAliveInterval = TimeSpan.FromSeconds(15),
    };
}
