using System.Net;
using NixRemote.Adapters;
using NixRemote.Builders;
using NixRemote.Diagnosis;
using NixRemote.Diagnosis.Registration;
using NixRemote.Stores;
using NixRemote.Tests.Ssh;
using NixRemote.Tests.TestBed;
using NixRemote.Transport;

namespace NixRemote.Tests.Diagnosis;

/// <summary>Setting a machine up as a builder, on a real sshd that knows the user's password and nothing else of him.</summary>
public sealed class BuilderRegistrationTests
{
    private const string Password = "Hello world!";

    /// <summary>The user's home is empty, and the password has the hash of "Hello world!".</summary>
    private const string SetUp = """
        mount -t tmpfs -o mode=700,uid=1000,gid=1000 home /home/nix
        mount -t tmpfs run /run
        mkdir /run/sshd
        cp -a /etc /run/etc
        mount --bind /run/etc /etc
        sed -i 's/^nix:[^:]*:/nix:x:/' /etc/passwd
        echo 'nix:$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5:20000::::::' > /etc/shadow
        """;

    private static readonly AdapterFactory _adapters = new();

    [TestBedTheory]
    [InlineData("machines", "ssh-ng://127.0.0.1 x86_64-linux KEY 2 1 big-parallel")]
    [InlineData("machines.toml", "[machines.\"127.0.0.1\"]")]
    public async Task A_new_key_with_a_password(string fileName, string entry)
    {
        await using var machine = await MachineAsync();
        var request = Request(machine, fileName);

        var registration = Registration(machine, Password);
        var unknown = await registration.FindUnknownHostKeyAsync(request, default);
        var result = await registration.RunAsync(request with { ApprovedHostKey = unknown!.Key.Fingerprint }, default);

        var key = request.IdentityFile!;
        Assert.Equal((BuilderTestStatus.Passed, unknown.Key.Fingerprint, key, request.Path), (result.Test.Status, result.HostKey, result.IdentityFile, result.Path));
        Assert.Contains(entry.Replace("KEY", key, StringComparison.Ordinal), File.ReadAllText(request.Path!), StringComparison.Ordinal);
        Assert.Equal(["x86_64-linux"], result.Builder.Systems);
        Assert.Equal(["big-parallel"], result.Builder.SupportedFeatures);
        Assert.Equal(2, result.Builder.MaxJobs);
        Assert.Equal(result.PublicKey, AuthorizedKeys(machine, key));
        Assert.Single(File.ReadLines(machine["known_hosts"]));
        Assert.Contains(result.PublicKey!, result.NixOSBuilder, StringComparison.Ordinal);
        Assert.Contains("trusted-users = [ \"nix\" ]", result.NixOSBuilder, StringComparison.Ordinal);
        Assert.Contains("nix.buildMachines", result.NixOSClient, StringComparison.Ordinal);

        // What the file says is enough to use it.
        var read = MachinesReader.ReadFile(request.Path!, request.ParseOptions);
        var builder = Assert.Single(read.Builders);
        var test = await BuilderTest.RunAsync(builder, new StoreFactory(_adapters.CreateSshConnector(), Options(machine)),
            new StoreOpenOptions { SshKey = builder.SshKey }, new BuilderTestOptions { Build = true }, default);
        Assert.Equal("It can build.", test.Message);
    }

    [TestBedFact]
    public async Task A_key_that_is_there_with_a_password()
    {
        await using var machine = await MachineAsync();
        var key = OpenSsh.MakeKey(machine["mine"]);
        var request = Request(machine, "machines") with { NewKey = false, IdentityFile = key };
        var unknown = await Registration(machine, Password).FindUnknownHostKeyAsync(request, default);

        // Twice: the second time nothing is left to be done but the entry.
        await Registration(machine, Password).RunAsync(request with { ApprovedHostKey = unknown!.Key.Fingerprint }, default);
        Assert.Null(await Registration(machine, Password).FindUnknownHostKeyAsync(request, default));
        await Registration(machine, Password).RunAsync(request with { Force = true, MaxJobs = 7 }, default);

        Assert.Equal(File.ReadAllText(key + ".pub").Trim(), AuthorizedKeys(machine, key));
        Assert.Equal(7, Assert.Single(MachinesReader.ReadFile(request.Path!, request.ParseOptions).Builders).MaxJobs);
    }

    [TestBedFact]
    public async Task What_was_done_is_undone_when_the_last_step_fails()
    {
        await using var machine = await MachineAsync();
        var other = machine.Write("known_hosts", "other.example ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEf1NxOZ8yRsRWBxnhbJ0Ee0jSDe3Pb7dXVTOrBC8Z2M\n");
        var before = File.ReadAllText(other);
        var request = Request(machine, "machines");
        File.WriteAllText(request.Path!, "ssh-ng://127.0.0.1 x86_64-linux\n");
        var registration = Registration(machine, Password);
        var unknown = await registration.FindUnknownHostKeyAsync(request, default);

        var failure = await Assert.ThrowsAsync<NixRemoteException>(() => registration.RunAsync(request with { ApprovedHostKey = unknown!.Key.Fingerprint }, default));

        Assert.Equal(NixErrors.DestinationExists, failure.Definition);
        Assert.Equal("ssh-ng://127.0.0.1 x86_64-linux\n", File.ReadAllText(request.Path!));
        Assert.False(File.Exists(request.IdentityFile) || File.Exists(request.IdentityFile + ".pub"));
        Assert.Equal(before, File.ReadAllText(other));
        Assert.Equal("", AuthorizedKeys(machine, machine.Sshd!.IdentityFile));
    }

    [TestBedTheory]
    [InlineData(null, "HostKeyUnknown")]
    [InlineData("SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "HostKeyChanged")]
    public async Task A_host_key_that_nobody_agreed_to_is_not_kept(string? approved, string error)
    {
        await using var machine = await MachineAsync();
        var request = Request(machine, "machines") with { ApprovedHostKey = approved };

        var failure = await Assert.ThrowsAnyAsync<NixRemoteException>(() => Registration(machine, Password).RunAsync(request, default));

        Assert.Equal(error, failure.ErrorId);
        Assert.False(File.Exists(machine["known_hosts"]));
        Assert.False(File.Exists(request.IdentityFile));
    }

    [OpenSshFact]
    public void Keys_are_OpenSSHs()
    {
        using var folder = new Builders.TemporaryFolder();
        var pair = SshKeyPair.Create(_adapters.CreateSignatureAlgorithm(), "nix-builder-b1");

        pair.Write(folder["id"]);

        Assert.Equal(pair.PublicLine, OpenSsh.Run("ssh-keygen", "-y", "-f", folder["id"]).Succeeded());
        Assert.Equal(pair.PublicLine + "\n", File.ReadAllText(folder["id.pub"]));
        Assert.Equal(NixErrors.DestinationExists, Assert.Throws<NixRemoteException>(() => pair.Write(folder["id"])).Definition);
    }

    private static async Task<TroubledBuilder> MachineAsync()
    {
        var machine = new TroubledBuilder();
        await machine.SshdAsync("PasswordAuthentication yes\nAuthorizedKeysFile .ssh/authorized_keys", SetUp);
        machine.IdentityFile = "none";
        machine.SshConfig = $"UserKnownHostsFile {machine["known_hosts"]}";
        return machine;
    }

    private static BuilderRegistrationRequest Request(TroubledBuilder machine, string fileName) => new()
    {
        Uri = StoreUri.Parse("ssh-ng://127.0.0.1"),
        NewKey = true,
        IdentityFile = machine["new_key"],
        Path = machine[fileName],
        ParseOptions = new MachinesParseOptions { LocalSystem = "x86_64-linux", TomlReader = _adapters.CreateTomlReader },
    };

    private static SshOptions Options(TroubledBuilder machine) => new() { ConfigFile = machine.SshConfigFile, ExtraArguments = "" };

    private static BuilderRegistration Registration(TroubledBuilder machine, string password) =>
        new(_adapters.CreateSshConnector(), Options(machine) with { Credential = new NetworkCredential("nix", password) }, _adapters.CreateSignatureAlgorithm(), _ => { });

    private static string AuthorizedKeys(TroubledBuilder machine, string identityFile) =>
        OpenSsh.Run("ssh", "-F", "none", "-p", machine.Sshd!.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), "-i", identityFile, "-o", "IdentitiesOnly=yes",
            "-o", $"UserKnownHostsFile={machine.Sshd.KnownHostsFile}", "nix@127.0.0.1", "cat .ssh/authorized_keys").Succeeded();
}
