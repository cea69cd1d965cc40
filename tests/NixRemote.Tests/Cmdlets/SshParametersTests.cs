using System.Management.Automation;
using System.Net;
using NixRemote.Diagnosis;
using NixRemote.Tests.Engine;
using NixRemote.Tests.Ssh;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Cmdlets;

/// <summary>The parameters about SSH, as each cmdlet has them that connects.</summary>
[Collection(ClientEnvironmentCollection.Name)]
public sealed class SshParametersTests
{
    [TestBedFact]
    public async Task New_host_keys_are_added_only_where_that_is_asked_for()
    {
        await using var sshd = await PrivateSshd.StartAsync();
        var known = Path.Combine(sshd.Folder, "known");
        var config = sshd.Options($"Host *\n  UserKnownHostsFile {known}\n").ConfigFile!;

        Assert.Equal(NixErrors.HostKeyUnknown, (await TestAsync(sshd, config, "")).Result.Error!.Definition);
        Assert.False(File.Exists(known));

        var (result, run) = await TestAsync(sshd, config, "-AcceptNewHostKey");
        Assert.Equal(BuilderTestStatus.Passed, result.Status);
        Assert.Contains(known, Assert.Single(run.Warnings), StringComparison.Ordinal);
        Assert.Single(await File.ReadAllLinesAsync(known));

        Assert.Equal(BuilderTestStatus.Passed, (await TestAsync(sshd, config, "")).Result.Status);
    }

    [TestBedFact]
    public async Task Passphrases_come_as_secure_strings_or_with_a_credential()
    {
        await using var sshd = await PrivateSshd.StartAsync();
        OpenSsh.Run("ssh-keygen", "-q", "-p", "-f", sshd.IdentityFile, "-P", "", "-N", "secret words").Succeeded();
        var config = sshd.Options("Host *\n  IdentityAgent none\n").ConfigFile!;
        var secret = new NetworkCredential("", "secret words").SecurePassword;

        Assert.Equal(NixErrors.IdentityFileEncrypted, (await TestAsync(sshd, config, "")).Result.Error!.Definition);
        Assert.Equal(BuilderTestStatus.Passed, (await TestAsync(sshd, config, "-KeyPassphrase $secret", ("secret", secret))).Result.Status);
        Assert.Equal(BuilderTestStatus.Passed, (await TestAsync(sshd, config, "-Credential $login", ("login", new PSCredential("nix", secret)))).Result.Status);
    }

    [TestBedTheory]
    [InlineData("", "with /")]
    [InlineData("-Transport OpenSsh", "with /")]
    public async Task Verbose_tells_how_a_machine_was_reached(string arguments, string words)
    {
        await using var sshd = await PrivateSshd.StartAsync();
        var (result, run) = await TestAsync(sshd, sshd.Options().ConfigFile!, arguments + " -Verbose");

        Assert.Equal((BuilderTestStatus.Passed, true), (result.Status, result.HostKey?.StartsWith("SHA256:", StringComparison.Ordinal)));
        var line = Assert.Single(run.Verbose.Where(v => v.StartsWith("Connected to nix@127.0.0.1", StringComparison.Ordinal)).Distinct());
        Assert.Equal(arguments.Length > 0, line.Contains(words, StringComparison.Ordinal));
    }

    [TestBedFact]
    public async Task What_the_configuration_warns_of_is_said_once()
    {
        await using var sshd = await PrivateSshd.StartAsync();
        var config = sshd.Options("IgnoreMe yes\n").ConfigFile!;
        var run = (await ClientEnvironment.RunAsync(
            $"$builders | Test-NixBuilder -SshConfigFile '{config}'",
            ("builders", Enumerable.Range(0, 4).Select(i => $"ssh://127.0.0.1:{sshd.Port}?max-connections={i + 1} x86_64-linux").ToArray()))).Succeeded();

        Assert.Equal(4, run.OutputOf<NixBuilderTestResult>().Count(r => r.Status == BuilderTestStatus.Passed));
        Assert.Contains("IgnoreMe", Assert.Single(run.Warnings), StringComparison.Ordinal);
    }

    [TestBedTheory]
    [InlineData("Test-NixBuilder b28 -SshSession 'a text'")]
    [InlineData("Copy-NixClosure /nix/store/00000000000000000000000000000000-x -To b28 -SshSession 42")]
    public async Task What_is_no_session_is_refused_at_once(string script)
    {
        var error = (await ClientEnvironment.RunAsync(script)).TerminatingError;
        Assert.Equal(("SshSessionUnusable", ErrorCategory.InvalidArgument), (error?.FullyQualifiedErrorId.Split(',')[0], error!.CategoryInfo.Category));
    }

    [TestBedFact]
    public async Task Transports_are_completed()
    {
        const string typed = "Test-NixBuilder -Transport ";
        var result = (await ClientEnvironment.RunAsync(
            "[System.Management.Automation.CommandCompletion]::CompleteInput($typed, $typed.Length, $null).CompletionMatches", ("typed", typed))).Succeeded();
        Assert.Equal(["Auto", "OpenSsh", "SshNet"], result.OutputOf<CompletionResult>().Select(c => c.CompletionText).Order());
    }

    private static async Task<(NixBuilderTestResult Result, ModuleRunspaceResult Run)> TestAsync(
        PrivateSshd sshd, string config, string arguments, params (string Name, object? Value)[] variables)
    {
        var run = (await ClientEnvironment.RunAsync(
            $"Test-NixBuilder $builder -SshConfigFile '{config}' {arguments}", [("builder", $"ssh://127.0.0.1:{sshd.Port} x86_64-linux"), .. variables])).Succeeded();
        return (Assert.Single(run.OutputOf<NixBuilderTestResult>()), run);
    }
}
