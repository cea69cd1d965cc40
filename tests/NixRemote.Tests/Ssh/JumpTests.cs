using System.Diagnostics;
using NixRemote.Adapters.Ssh;
using NixRemote.Tests.TestBed;
using NixRemote.Transport;

namespace NixRemote.Tests.Ssh;

/// <summary>Over jump hosts and through commands, in process: the test bed's builders are the hosts to jump over.</summary>
public sealed class JumpTests
{
    private static readonly SshNetConnector _connector = new();

    /// <summary>The test bed's builders as jump hosts, without anything that would be for other hosts too.</summary>
    private static string Bed => string.Concat(NixTestBed.Current.Nodes.Where(node => node.Port > 0).Select(node => $"""
        Host {node.Name}
          HostName 127.0.0.1
          Port {node.Port}
          User nix
          IdentityFile {NixTestBed.Current.IdentityFile}
          IdentitiesOnly yes
          UserKnownHostsFile {NixTestBed.Current.KnownHostsFile}

        """));

    [TestBedTheory]
    [InlineData("ProxyJump b226")]
    [InlineData("ProxyJump b28,b226")]
    [InlineData("ProxyJump b28,b226,b234")]
    [InlineData("ProxyJump nix@b226")]
    [InlineData("ProxyCommand ssh -F {bed} -W %h:%p b226")]
    [InlineData("ProxyCommand ssh -F {bed} -W '[%h]:%p' b226 # with the words of a shell")]
    public async Task BytesGoBothWays(string way)
    {
        await using var sshd = await PrivateSshd.StartAsync();
        var said = new List<string>();
        var options = Options(sshd, way, said.Add);
        await using var session = await _connector.ConnectAsync(Box, options, default);
        Assert.Contains(said, line => line.Contains(way.StartsWith("ProxyJump", StringComparison.Ordinal) ? "over " : "through 'ssh", StringComparison.Ordinal));
        await using var channel = await session.ExecuteAsync("cat", default);
        await ChannelEcho.CheckAsync(channel, 8 * 1024 * 1024);
        Assert.Equal(0, await channel.Exited);
    }

    [TestBedFact]
    public async Task TheJumpHostHasAConfigurationOfItsOwn()
    {
        // The gate is reached over another jump host, as its own block says.
        await using var sshd = await PrivateSshd.StartAsync();
        var said = new List<string>();
        var file = Path.Combine(sshd.Folder, "config-own");
        await File.WriteAllTextAsync(file, $"""
            {Bed}
            Host gate
              ProxyJump b28
              HostName 127.0.0.1
              Port {NixTestBed.Current.Node("b226").Port}
              HostKeyAlias [127.0.0.1]:{NixTestBed.Current.Node("b226").Port}
              User nix
              IdentityFile {NixTestBed.Current.IdentityFile}
              UserKnownHostsFile {NixTestBed.Current.KnownHostsFile}
            Host box
              ProxyJump gate
              HostName 127.0.0.1
            {await File.ReadAllTextAsync(sshd.Options("Host box").ConfigFile!)}
            """);
        await using var session = await _connector.ConnectAsync(Box, new SshOptions { ConfigFile = file, ExtraArguments = "-o Compression=no", Verbose = said.Add }, default);
        Assert.Contains(said, line => line.Contains("over b28", StringComparison.Ordinal));
        Assert.Contains(said, line => line.Contains("over gate", StringComparison.Ordinal));
    }

    [TestBedFact]
    public async Task AJumpHostThatIsDown()
    {
        await using var sshd = await PrivateSshd.StartAsync();
        var port = PrivateSshd.FreePort();
        var failure = await FailsAsync(NixErrors.ProxyJumpFailed, Options(sshd, $"ProxyJump 127.0.0.1:{port}", null));
        Assert.Equal(NixErrors.ConnectionRefused, Assert.IsType<NixRemoteException>(failure.InnerException).Definition);
        Assert.Contains($"127.0.0.1:{port}", failure.Message);
        Assert.Equal("box", failure.Builder);
    }

    [TestBedTheory]
    [InlineData("AllowTcpForwarding no")]
    [InlineData("PermitOpen none")]
    public async Task AJumpHostThatDoesNotForward(string option)
    {
        await using var sshd = await PrivateSshd.StartAsync();
        await using var gate = await PrivateSshd.StartAsync(option);
        var failure = await FailsAsync(NixErrors.ProxyJumpRefused, Over(gate, sshd, sshd.Port));
        Assert.Contains("prohibited", failure.Message);
    }

    [TestBedFact]
    public async Task ABuilderThatTheJumpHostDoesNotReach()
    {
        await using var gate = await PrivateSshd.StartAsync();
        var port = PrivateSshd.FreePort();
        var failure = await FailsAsync(NixErrors.ProxyJumpRefused, Over(gate, gate, port));
        Assert.Contains($"127.0.0.1:{port}", failure.Message);
        Assert.Contains("onnect", failure.Message);
    }

    [TestBedTheory]
    [InlineData("ProxyJump box")]
    [InlineData("ProxyJump gate")]
    public async Task WaysInACircle(string way)
    {
        await using var sshd = await PrivateSshd.StartAsync();
        var failure = await FailsAsync(NixErrors.ProxyJumpFailed, Options(sshd, way, null));
        Assert.Contains("circle", failure.Message);
    }

    [TestBedTheory]
    [InlineData("exec false", "exit status 1")]
    [InlineData("echo no way >&2; exit 3", "no way")]
    [InlineData("/no/such/program %h", "exit status 127")]
    public async Task CommandsThatEnd(string command, string text)
    {
        await using var sshd = await PrivateSshd.StartAsync();

        // ssh puts "exec" in front; a list of commands needs a shell of its own.
        var failure = await FailsAsync(NixErrors.ProxyCommandFailed, Options(sshd, $"ProxyCommand /bin/sh -c '{command}'", null));
        Assert.Contains(text, failure.Message);
    }

    [TestBedFact]
    public async Task ACommandThatSaysNothing()
    {
        await using var sshd = await PrivateSshd.StartAsync();
        var mark = Path.Combine(sshd.Folder, "pid");
        var watch = Stopwatch.StartNew();
        await FailsAsync(NixErrors.ServerSilent,
            Options(sshd, $"ProxyCommand /bin/sh -c 'echo $$ > {mark}; exec sleep 100'", null) with { ConnectTimeout = TimeSpan.FromSeconds(1) });
        Assert.InRange(watch.Elapsed.TotalSeconds, 0.9, 3);
        await GoneAsync(mark);
    }

    [TestBedFact]
    public async Task CancellingEndsTheCommand()
    {
        await using var sshd = await PrivateSshd.StartAsync();
        var mark = Path.Combine(sshd.Folder, "pid");
        using var cancel = new CancellationTokenSource(TimeSpan.FromSeconds(0.7));
        var connecting = _connector.ConnectAsync(Box, Options(sshd, $"ProxyCommand /bin/sh -c 'echo $$ > {mark}; exec sleep 100'", null), cancel.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.WaitAsync(TimeSpan.FromSeconds(3)));
        await GoneAsync(mark);
    }

    private static SshTarget Box => new() { Host = "box" };

    /// <summary>A configuration in which "box" is the sshd, reached as the line says.</summary>
    private static SshOptions Options(PrivateSshd sshd, string way, Action<string>? verbose)
    {
        var file = sshd.Options($"Host gate\n  HostName 127.0.0.1\n  {way}\nHost box\n  HostName 127.0.0.1\n  {way.Replace("{bed}", NixTestBed.Current.SshConfigFile)}\n{Bed}").ConfigFile!;
        return new SshOptions { ConfigFile = file, ExtraArguments = "", Verbose = verbose };
    }

    /// <summary>"box" is the port, over the sshd of the gate.</summary>
    private static SshOptions Over(PrivateSshd gate, PrivateSshd box, int port)
    {
        var file = Path.Combine(gate.Folder, "config-over");
        File.WriteAllText(file, $"""
            Host box
              HostName 127.0.0.1
              Port {port}
              ProxyJump gate
              IdentityFile {box.IdentityFile}
              UserKnownHostsFile {box.KnownHostsFile}
            Host gate
              HostName 127.0.0.1
              Port {gate.Port}
              IdentityFile {gate.IdentityFile}
              UserKnownHostsFile {gate.KnownHostsFile}
            Host *
              User nix
              IdentityAgent none
            """);
        return new SshOptions { ConfigFile = file, ExtraArguments = "" };
    }

    /// <summary>Waits for the end of the process whose id is in a file.</summary>
    private static async Task GoneAsync(string file)
    {
        try
        {
            using var process = Process.GetProcessById(int.Parse((await File.ReadAllTextAsync(file)).Trim(), System.Globalization.CultureInfo.InvariantCulture));
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(3));
        }
        catch (ArgumentException)
        {
            // It is gone already.
        }
    }

    private static async Task<NixRemoteException> FailsAsync(ErrorDefinition definition, SshOptions options)
    {
        var failure = await Assert.ThrowsAnyAsync<NixRemoteException>(() => _connector.ConnectAsync(Box, options, default));
        Assert.True(definition == failure.Definition, $"{failure.ErrorId}: {failure.Message}");
        return failure;
    }
}
