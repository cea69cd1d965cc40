using NixRemote.Adapters.Ssh;
using NixRemote.Stores;
using NixRemote.Tests.Ssh;
using NixRemote.Tests.TestBed;
using NixRemote.Transport;

namespace NixRemote.Tests.Stores;

/// <summary>Nix that the remote shell does not find by itself, and Nix behind forced commands, on a real sshd.</summary>
public sealed class RemoteLauncherTests
{
    /// <summary>sshd's PATH without Nix, as on macOS and NixOS; whatever /etc sets for shells is not read without a login.</summary>
    private const string WithoutNix = "SetEnv PATH=/usr/bin:/bin";

    [TestBedTheory]
    [InlineData("ssh", "nix-store")]
    [InlineData("ssh-ng", "nix-daemon")]
    public async Task ProgramsAtTheUsualPlacesAreFound(string protocol, string program)
    {
        await using var home = await RemoteHome.MakeAsync(program);
        await using var sshd = await PrivateSshd.StartAsync($"SetEnv PATH=/nowhere HOME={home.Path}");
        var said = new List<string>();
        await using var store = Open(sshd, $"{protocol}://127.0.0.1", said);
        var info = await store.ConnectAsync(default);
        Assert.Equal(protocol == "ssh" ? StoreProtocol.Serve : StoreProtocol.Worker, info.Protocol);
        Assert.Contains(said, line => line.Contains($"{home.Path}/.nix-profile/bin/{program}", StringComparison.Ordinal));
    }

    [TestBedFact]
    public async Task WhatStandsBeforeTheProgramStaysThere()
    {
        await using var home = await RemoteHome.MakeAsync("nix-daemon");
        await using var sshd = await PrivateSshd.StartAsync($"SetEnv PATH=/nowhere HOME={home.Path}");
        await using var store = Open(sshd, "ssh-ng://127.0.0.1?remote-program=/usr/bin/env%20A=1%20nix-daemon", []);
        Assert.Equal(StoreProtocol.Worker, (await store.ConnectAsync(default)).Protocol);
    }

    [TestBedFact]
    public async Task AProgramThatIsNowhere()
    {
        await using var sshd = await PrivateSshd.StartAsync(WithoutNix);
        await using var store = Open(sshd, "ssh://127.0.0.1?remote-program=no-such-nix", []);
        var failure = await Assert.ThrowsAsync<NixRemoteException>(() => store.ConnectAsync(default));
        Assert.Equal(NixErrors.RemoteProgramNotFound, failure.Definition);
        Assert.Contains("/nix/var/nix/profiles/default/bin", failure.Message);
        Assert.Contains("no-such-nix --serve --write", failure.Message);
    }

    /// <summary>Forced commands as wrapped installations have them: what was asked for is in SSH_ORIGINAL_COMMAND.</summary>
    [TestBedTheory]
    [InlineData("ssh-ng", "/bin/sh -c \"$SSH_ORIGINAL_COMMAND\"")]
    [InlineData("ssh", "/usr/bin/env NIX_WRAPPED=1 /bin/sh -c \"$SSH_ORIGINAL_COMMAND\"")]
    [InlineData("ssh", "case \"$SSH_ORIGINAL_COMMAND\" in 'nix-store --serve --write') exec nix-store --serve --write;; *) echo no >&2; exit 1;; esac")]
    [InlineData("ssh-ng", "exec nix-daemon --stdio")]
    public async Task ForcedCommands(string protocol, string command)
    {
        await using var sshd = await PrivateSshd.StartAsync($"ForceCommand {command}");
        await using var store = Open(sshd, $"{protocol}://127.0.0.1", []);
        Assert.Equal(protocol == "ssh" ? StoreProtocol.Serve : StoreProtocol.Worker, (await store.ConnectAsync(default)).Protocol);
    }

    private static IBuildStore Open(PrivateSshd sshd, string uri, List<string> said) =>
        new StoreFactory(new SshNetConnector(), sshd.Options(verbose: said.Add)).Open(StoreUri.Parse(uri), new StoreOpenOptions());

    /// <summary>A home folder in the node whose .nix-profile has one program.</summary>
    private sealed class RemoteHome : IAsyncDisposable
    {
        public required string Path { get; init; }

        public static async Task<RemoteHome> MakeAsync(string program)
        {
            var path = $"/tmp/home-{Nonce.Next()}";
            (await NixTestBed.Current.ExecAsync("b234", "sh", "-c",
                $"mkdir -p {path}/.nix-profile/bin && chmod -R 755 {path} && ln -s $(command -v {program}) {path}/.nix-profile/bin/{program}")).Succeeded();
            return new RemoteHome { Path = path };
        }

        public async ValueTask DisposeAsync() => (await NixTestBed.Current.ExecAsync("b234", "rm", "-rf", Path)).Succeeded();
    }
}
