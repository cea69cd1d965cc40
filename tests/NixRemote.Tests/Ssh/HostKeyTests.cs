using NixRemote.Adapters.Ssh;
using NixRemote.Tests.TestBed;
using NixRemote.Transport;

namespace NixRemote.Tests.Ssh;

/// <summary>Host keys that are added, and host certificates, against real sshds and beside the machine's own ssh.</summary>
public sealed class HostKeyTests
{
    private static readonly SshNetConnector _connector = new();
    private static readonly SshTarget _loopback = new() { Host = "127.0.0.1" };

    /// <summary>What is in the file before (null: there is none), and ssh_config's HashKnownHosts.</summary>
    [TestBedTheory]
    [InlineData(null, "no")]
    [InlineData("", "no")]
    [InlineData("other ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJkufs6yKc3CkdfLFEEOJbZiQQu2YuvE0oeri11J6Mci\n", "no")]
    [InlineData("# before\n", "yes")]
    public async Task AnUnknownKeyIsAddedAsOpenSshDoes(string? before, string hash)
    {
        await using var sshd = await PrivateSshd.StartAsync();
        var (ours, theirs) = (Path.Combine(sshd.Folder, "ours", "known_hosts"), Path.Combine(sshd.Folder, "theirs", "known_hosts"));
        foreach (var file in before is null ? [] : new[] { ours, theirs })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, before);
        }

        var warnings = new List<string>();
        var options = sshd.Options($"Host *\n  UserKnownHostsFile {ours}\n  HashKnownHosts {hash}\n") with { AcceptNewHostKey = true, Warning = warnings.Add };
        await using (await _connector.ConnectAsync(_loopback, options, default))
        {
            Assert.Contains(ours, Assert.Single(warnings));
        }

        // ssh makes only ~/.ssh by itself.
        Directory.CreateDirectory(Path.GetDirectoryName(theirs)!);
        OpenSsh.Run("ssh", "-F", options.ConfigFile!, "-o", $"UserKnownHostsFile={theirs}", "-o", "StrictHostKeyChecking=accept-new", "-o", "UpdateHostKeys=no", "127.0.0.1", "true").Succeeded();
        var found = OpenSsh.Run("ssh-keygen", "-F", $"[127.0.0.1]:{sshd.Port}", "-f", ours).Succeeded();
        Assert.Contains((await File.ReadAllTextAsync(Path.Combine(sshd.Folder, "host_ed25519.pub"))).Split(' ')[1], found);
        if (hash == "no")
        {
            Assert.Equal(await File.ReadAllTextAsync(theirs), await File.ReadAllTextAsync(ours));
        }
        else
        {
            Assert.StartsWith("|1|", (await File.ReadAllLinesAsync(ours))[^1]);
        }

        if (before is null && !OperatingSystem.IsWindows())
        {
            Assert.Equal(File.GetUnixFileMode(theirs), File.GetUnixFileMode(ours));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, new DirectoryInfo(Path.GetDirectoryName(ours)!).UnixFileMode);
        }

        // From now on it is known, and nothing is said or written any more.
        warnings.Clear();
        var written = await File.ReadAllTextAsync(ours);
        await using var again = await _connector.ConnectAsync(_loopback, options with { AcceptNewHostKey = false }, default);
        Assert.Empty(warnings);
        Assert.Equal(written, await File.ReadAllTextAsync(ours));
    }

    [TestBedFact]
    public async Task AFileWhoseLastLineHasNoEndGetsOne()
    {
        // OpenSSH before 9.4 put the new line behind the old one.
        await using var sshd = await PrivateSshd.StartAsync();
        var file = Path.Combine(sshd.Folder, "known");
        await File.WriteAllTextAsync(file, "# no line end");
        await using var session = await _connector.ConnectAsync(_loopback, sshd.Options($"Host *\n  UserKnownHostsFile {file}\n") with { AcceptNewHostKey = true }, default);
        Assert.Equal(["# no line end", $"[127.0.0.1]:{sshd.Port} "], (await File.ReadAllLinesAsync(file)).Select(line => line.Split("ssh-")[0]));
    }

    [TestBedTheory]
    [InlineData("yes", false)]
    [InlineData("ask", false)]
    [InlineData("accept-new", true)]
    [InlineData("no", true)]
    public async Task StrictHostKeyChecking(string checking, bool accepted)
    {
        await using var sshd = await PrivateSshd.StartAsync();
        var file = Path.Combine(sshd.Folder, "known");
        var warnings = new List<string>();
        var options = sshd.Options($"Host *\n  UserKnownHostsFile {file}\n  StrictHostKeyChecking {checking}\n") with { Warning = warnings.Add };
        if (!accepted)
        {
            await FailsAsync(NixErrors.HostKeyUnknown, _loopback, options);
            return;
        }

        await using var session = await _connector.ConnectAsync(_loopback, options, default);
        Assert.Single(await File.ReadAllLinesAsync(file));
        Assert.Equal(checking == "no", warnings.Exists(warning => warning.Contains("without a check", StringComparison.Ordinal)));
    }

    [TestBedTheory]
    [InlineData("accept-new")]
    [InlineData("no")]
    public async Task AChangedKeyIsNeverAccepted(string checking)
    {
        await using var sshd = await PrivateSshd.StartAsync();
        var other = await File.ReadAllTextAsync(OpenSsh.MakeKey(Path.Combine(sshd.Folder, "other")) + ".pub");
        var file = Path.Combine(sshd.Folder, "known");
        await File.WriteAllTextAsync(file, $"[127.0.0.1]:{sshd.Port} {other}");
        await FailsAsync(NixErrors.HostKeyChanged, _loopback,
            sshd.Options($"Host *\n  UserKnownHostsFile {file}\n  StrictHostKeyChecking {checking}\n") with { AcceptNewHostKey = true });
        await FailsAsync(NixErrors.HostKeyChanged, _loopback with { PinnedHostKey = other }, sshd.Options() with { AcceptNewHostKey = true });
        Assert.Single(await File.ReadAllLinesAsync(file));
    }

    [TestBedFact]
    public async Task ManyConnectionsAtOnceAddOneLine()
    {
        await using var sshd = await PrivateSshd.StartAsync();
        var file = Path.Combine(sshd.Folder, "known");
        var options = sshd.Options($"Host *\n  UserKnownHostsFile {file}\n") with { AcceptNewHostKey = true };
        foreach (var session in await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => _connector.ConnectAsync(_loopback, options, default))))
        {
            await session.DisposeAsync();
        }

        Assert.Single(await File.ReadAllLinesAsync(file));
    }

    [TestBedFact]
    public async Task AKeyThatCannotBeWrittenIsAcceptedWithAWarning()
    {
        await using var sshd = await PrivateSshd.StartAsync();
        var warnings = new List<string>();
        await using var session = await _connector.ConnectAsync(_loopback,
            sshd.Options("Host *\n  UserKnownHostsFile /proc/nothing/known_hosts\n") with { AcceptNewHostKey = true, Warning = warnings.Add }, default);
        Assert.Contains("/proc/nothing/known_hosts", Assert.Single(warnings));
    }

    /// <summary>Options of ssh-keygen for the certificate, lines of known_hosts ({ca}: the authority's key), and what comes of it.</summary>
    [TestBedTheory]
    [InlineData("-h -n 127.0.0.1", "@cert-authority * {ca}", null)]
    [InlineData("-h -n 127.0.0.1,box", "@cert-authority [127.0.0.1]:{port} {ca}", null)]
    [InlineData("-h -n 127.0.0.1", "@cert-authority 127.0.0.1 {ca}", null)]
    [InlineData("-h", "@cert-authority * {ca}", null)]
    [InlineData("-h -n 127.0.0.1", "[127.0.0.1]:{port} {key}", null)]
    [InlineData("-h -n elsewhere", "@cert-authority * {ca}\n[127.0.0.1]:{port} {key}", null)]
    [InlineData("-h -n elsewhere", "@cert-authority * {ca}", nameof(NixErrors.HostCertificateInvalid))]
    [InlineData("-n 127.0.0.1", "@cert-authority * {ca}", nameof(NixErrors.HostCertificateInvalid))]
    [InlineData("-h -n 127.0.0.1 -V 20200101:20200102", "@cert-authority * {ca}", nameof(NixErrors.HostCertificateInvalid))]
    [InlineData("-h -n 127.0.0.1", "@cert-authority elsewhere {ca}", nameof(NixErrors.HostKeyUnknown))]
    [InlineData("-h -n 127.0.0.1", "@cert-authority * {other}", nameof(NixErrors.HostKeyUnknown))]
    [InlineData("-h -n 127.0.0.1", "@cert-authority * {ca}\n@revoked * {ca}", nameof(NixErrors.HostKeyRevoked))]
    [InlineData("-h -n 127.0.0.1", "@cert-authority * {ca}\n@revoked * {key}", nameof(NixErrors.HostKeyRevoked))]
    public async Task HostCertificates(string certificate, string knownHosts, string? error)
    {
        await using var sshd = await PrivateSshd.StartAsync(prepare: folder =>
        {
            var ca = OpenSsh.MakeKey(Path.Combine(folder, "ca"));
            OpenSsh.MakeKey(Path.Combine(folder, "other"));
            OpenSsh.Run("ssh-keygen", ["-q", "-s", ca, "-I", "test", .. certificate.Split(' '), Path.Combine(folder, "host_ed25519.pub")]).Succeeded();
            return $"HostCertificate {folder}/host_ed25519-cert.pub";
        });
        string Public(string name) => string.Join(' ', File.ReadAllText(Path.Combine(sshd.Folder, name + ".pub")).Split(' ')[..2]);
        await File.WriteAllTextAsync(sshd.KnownHostsFile, knownHosts.Replace("{ca}", Public("ca")).Replace("{other}", Public("other"))
            .Replace("{key}", Public("host_ed25519")).Replace("{port}", $"{sshd.Port}") + "\n");
        var options = sshd.Options();
        var theirs = OpenSsh.Run("ssh", "-F", options.ConfigFile!, "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "127.0.0.1", "true");
        Assert.True((theirs.ExitCode == 0) == (error is null), theirs.StandardError);
        if (error is null)
        {
            await using var session = await _connector.ConnectAsync(_loopback, options, default);
            Assert.True(session.IsConnected);
        }
        else
        {
            await FailsAsync(NixErrors.All.Single(row => row.Id == error), _loopback, options);
        }
    }

    private static async Task FailsAsync(ErrorDefinition definition, SshTarget target, SshOptions options)
    {
        var failure = await Assert.ThrowsAnyAsync<NixRemoteException>(() => _connector.ConnectAsync(target, options, default));
        Assert.True(definition == failure.Definition, $"{failure.ErrorId}: {failure.Message}");
    }
}
