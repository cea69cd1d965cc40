using NixRemote.Diagnosis.Registration;
using NixRemote.Tests.Cmdlets;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Diagnosis;

/// <summary>Register-NixBuilder as a user runs it.</summary>
[Collection(ClientEnvironmentCollection.Name)]
public sealed class RegisterNixBuilderTests
{
    [TestBedFact]
    public async Task A_machine_that_the_user_can_log_in_to_already()
    {
        await using var machine = new TroubledBuilder();
        var sshd = await machine.SshdAsync();

        var result = (await RunAsync("Register-NixBuilder 127.0.0.1 -Name new -Path $path -SpeedFactor 2", machine)).Succeeded();

        var registration = Assert.Single(result.OutputOf<NixBuilderRegistration>());
        Assert.Equal(("new", null, null, machine["machines"]), (registration.Name, registration.IdentityFile, registration.PublicKey, registration.Path));
        Assert.Equal("ssh-ng://127.0.0.1 x86_64-linux - 2 2 big-parallel", File.ReadAllText(machine["machines"]).Split('\n')[^2].Replace(" # new", "", StringComparison.Ordinal));
        Assert.True(File.Exists(sshd.KnownHostsFile));
    }

    [TestBedFact]
    public async Task NixOS_options_for_both_sides_and_no_file()
    {
        await using var machine = new TroubledBuilder();
        await machine.SshdAsync();

        var result = (await RunAsync("Register-NixBuilder ssh://nix@127.0.0.1 -As NixOS", machine)).Succeeded();

        var registration = Assert.Single(result.OutputOf<NixBuilderRegistration>());
        Assert.Null(registration.Path);
        Assert.Contains("nix.buildMachines", registration.NixOSClient, StringComparison.Ordinal);
        Assert.Contains("services.openssh.enable = true", registration.NixOSBuilder, StringComparison.Ordinal);
    }

    [TestBedTheory]
    [InlineData("", "HostKeyUnknown", 1)]
    [InlineData("-AcceptNewHostKey", null, 1)]
    [InlineData("-HostKeyFingerprint FINGERPRINT", null, 1)]
    [InlineData("-HostKeyFingerprint SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "HostKeyChanged", 0)]
    public async Task A_host_key_that_is_not_known(string arguments, string? error, int lines)
    {
        await using var machine = new TroubledBuilder();
        var sshd = await machine.SshdAsync();
        machine.SshConfig = $"UserKnownHostsFile {machine["known_hosts"]}";
        var fingerprint = NixRemote.Transport.HostKey.Parse(File.ReadAllText(Path.Combine(sshd.Folder, "host_ed25519.pub")))!.Fingerprint;

        var result = await RunAsync($"Register-NixBuilder 127.0.0.1 -Path $path {arguments.Replace("FINGERPRINT", fingerprint, StringComparison.Ordinal)}", machine);

        if (arguments.Length == 0)
        {
            // Nobody is there to be asked.
            Assert.Equal($"{error},NixRemote.Commands.RegisterNixBuilderCommand", result.TerminatingError?.FullyQualifiedErrorId);
            Assert.EndsWith($"-HostKeyFingerprint {fingerprint}", result.TerminatingError?.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
            Assert.False(File.Exists(machine["known_hosts"]));
            return;
        }

        Assert.Equal(error, result.TerminatingError?.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal(lines, File.Exists(machine["known_hosts"]) ? File.ReadLines(machine["known_hosts"]).Count() : 0);
        Assert.Equal(error is null, File.Exists(machine["machines"]));
    }

    /// <summary>What the user answers to the question about the host key: 0 is yes, -1 is Enter.</summary>
    [TestBedTheory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    [InlineData(-1, false)]
    public async Task The_question_about_a_host_key(int answer, bool agreed)
    {
        await using var machine = new TroubledBuilder();
        await machine.SshdAsync();
        machine.SshConfig = $"UserKnownHostsFile {machine["known_hosts"]}";
        using var runspace = new Engine.ModuleRunspace { Answer = enter => answer < 0 ? enter : answer };
        runspace.Set("config", machine.SshConfigFile);
        runspace.Set("path", machine["machines"]);

        var result = runspace.Run("Register-NixBuilder 127.0.0.1 -Path $path -SshConfigFile $config").Succeeded();

        Assert.Equal((agreed, agreed, agreed), (result.Output.Count == 1, File.Exists(machine["known_hosts"]), File.Exists(machine["machines"])));
    }

    [TestBedFact]
    public async Task WhatIf_changes_nothing_and_asks_nobody()
    {
        await using var machine = new TroubledBuilder();

        var result = (await RunAsync("Register-NixBuilder nix@no-such-host.invalid -NewKey -IdentityFile $key -Path $path -WhatIf", machine)).Succeeded();

        Assert.Empty(result.Output);
        Assert.Contains("Make a key", result.Screen, StringComparison.Ordinal);
        Assert.Contains("authorized_keys", result.Screen, StringComparison.Ordinal);
        Assert.Contains(machine["machines"], result.Screen, StringComparison.Ordinal);
        Assert.False(File.Exists(machine["key"]) || File.Exists(machine["machines"]));
    }

    [TestBedTheory]
    [InlineData("Register-NixBuilder nix@no-such-host.invalid -Path $path", "HostNotFound")]
    [InlineData("Register-NixBuilder daemon:// -Path $path", "StoreUriInvalid")]
    [InlineData("Register-NixBuilder 127.0.0.1 -IdentityFile $key -Path $path", "IdentityFileMissing")]
    public async Task What_cannot_be_done(string script, string error)
    {
        await using var machine = new TroubledBuilder();
        await machine.SshdAsync();

        var result = await RunAsync(script, machine);

        Assert.Equal($"{error},NixRemote.Commands.RegisterNixBuilderCommand", result.TerminatingError?.FullyQualifiedErrorId);
        Assert.False(File.Exists(machine["machines"]));
    }

    private static Task<Engine.ModuleRunspaceResult> RunAsync(string script, TroubledBuilder machine) => ClientEnvironment.RunAsync(
        $"{script} -SshConfigFile $config", ("config", machine.SshConfigFile), ("path", machine["machines"]), ("key", machine["key"]));
}
