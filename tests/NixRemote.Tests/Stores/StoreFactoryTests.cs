using NixRemote.Stores;
using NixRemote.Transport;

namespace NixRemote.Tests.Stores;

/// <summary>From URIs to commands, targets and local stores (machines.md §3, config.md <c>store</c>).</summary>
public sealed class StoreFactoryTests
{
    [Theory]
    [InlineData("ssh://b28", "nix-store --serve --write")]
    [InlineData("ssh-ng://b28", "nix-daemon --stdio")]
    [InlineData("ssh://b28?remote-store=/tmp/root", "nix-store --serve --write --store /tmp/root")]
    [InlineData("ssh-ng://b28?remote-store=/tmp/m1?system-features=foo%20bar", "nix-daemon --stdio --store '/tmp/m1?system-features=foo bar'")]
    [InlineData("ssh-ng://b28?remote-program=/opt/nix/bin/nix-daemon", "/opt/nix/bin/nix-daemon --stdio")]
    [InlineData("ssh-ng://b28?remote-program=sudo%20%20nix-daemon", "sudo nix-daemon --stdio")]
    [InlineData("ssh://b28?remote-program=~/bin/nix-store", "~/bin/nix-store --serve --write")]
    [InlineData("ssh://b28?remote-program=", "nix-store --serve --write")]
    [InlineData("ssh://b28?remote-store=it's;rm", "nix-store --serve --write --store 'it'\\''s;rm'")]
    public void The_remote_command(string uri, string command) =>
        Assert.Equal(command, ShellCommand.Join(StoreFactory.RemoteCommand(StoreUri.Parse(uri))));

    [Theory]
    [InlineData("", "''")]
    [InlineData("plain-1.2_3/x:y=z@a,b%+~", "plain-1.2_3/x:y=z@a,b%+~")]
    [InlineData("two words", "'two words'")]
    [InlineData("$HOME `id` \\ \" | & *", "'$HOME `id` \\ \" | & *'")]
    [InlineData("'", "''\\'''")]
    [InlineData("new\nline", "'new\nline'")]
    public void Words_reach_the_program_as_they_are(string word, string quoted) => Assert.Equal(quoted, ShellCommand.Quote(word));

    [UnixFact]
    public async Task A_real_shell_gives_the_words_back()
    {
        string[] words = ["", "two words", "$HOME `id` \\ \" | & * ?", "'", "a'b''c", "new\nline", "ä"];
        await using var shell = ProcessChannel.Start(["sh", "-c", "printf '%s\\0' " + ShellCommand.Join(words)]);
        using var reader = new StreamReader(shell.Input);
        Assert.Equal(string.Concat(words.Select(word => word + "\0")), await reader.ReadToEndAsync());
    }

    [Fact]
    public void The_target_of_an_SSH_URI_and_what_the_entry_adds()
    {
        var uri = StoreUri.Parse("ssh-ng://nix@[::1]:2222?ssh-key=/keys/a&compress=true&base64-ssh-public-host-key=c3NoLWVkMjU1MTkgQUFBQSByb290QGI");
        Assert.Equal(
            new SshTarget { Host = "::1", User = "nix", Port = 2222, IdentityFile = "/keys/a", PinnedHostKey = "ssh-ed25519 AAAA root@b", Compress = true },
            StoreFactory.TargetOf(uri, new StoreOpenOptions()));
        var entry = StoreFactory.TargetOf(uri, new StoreOpenOptions { SshKey = "/keys/b", PinnedHostKey = "ssh-rsa AAAA" });
        Assert.Equal(("/keys/b", "ssh-rsa AAAA"), (entry.IdentityFile, entry.PinnedHostKey));
        var bad = Assert.Throws<NixRemoteException>(() =>
            StoreFactory.TargetOf(StoreUri.Parse("ssh://b28?base64-ssh-public-host-key=%23%23"), new StoreOpenOptions()));
        Assert.Equal(nameof(NixErrors.StoreUriInvalid), bad.ErrorId);
    }

    [Theory]
    [InlineData("file:///srv/cache")]
    [InlineData("https://cache.nixos.org")]
    public void A_binary_cache_is_no_store_that_can_be_opened(string uri)
    {
        var failure = Assert.Throws<NixRemoteException>(() => Factory(Local(null, false, false)).Open(StoreUri.Parse(uri), new StoreOpenOptions()));
        Assert.Equal((nameof(NixErrors.StoreUriInvalid), uri), (failure.ErrorId, failure.Target));
        Assert.Contains("ssh-ng://HOST", failure.Message, StringComparison.Ordinal);
    }

    // NIX_REMOTE, writable state directory, daemon socket there → the choice
    [Theory]
    [InlineData(null, true, true, "local")]
    [InlineData(null, false, true, "daemon")]
    [InlineData(null, true, false, "local")]
    [InlineData(null, false, false, null)]
    [InlineData("", false, true, "daemon")]
    [InlineData("auto", false, true, "daemon")]
    [InlineData("daemon", true, false, "daemon")]
    [InlineData("local", false, true, "local")]
    [InlineData("unix:///run/nix", true, true, "unix:///run/nix")]
    [InlineData("ssh-ng://b28", true, true, "ssh-ng://b28")]
    public void The_local_store_is_the_one_that_Nix_would_use(string? remote, bool writable, bool socket, string? expected)
    {
        var environment = Local(remote, writable, socket);
        if (expected is not null)
        {
            Assert.Equal(expected, environment.Choose().Text);
            return;
        }

        var failure = Assert.Throws<NixRemoteException>(() => Factory(environment).Open(StoreUri.Parse("auto"), new StoreOpenOptions()));
        Assert.Equal(nameof(NixErrors.LocalStoreUnavailable), failure.ErrorId);
        Assert.Contains("/nix/var/nix/daemon-socket/socket", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("NIX_STATE_DIR", "/state", "/state/daemon-socket/socket")]
    [InlineData("NIX_DAEMON_SOCKET_PATH", "/run/nix.sock", "/run/nix.sock")]
    public void The_daemons_socket_may_lie_elsewhere(string variable, string value, string socket) =>
        Assert.Equal(socket, (Local(null, false, true) with { Variable = name => name == variable ? value : null }).DaemonSocket);

    [Fact]
    public async Task Nobody_at_the_socket()
    {
        var path = Path.Combine(Path.GetTempPath(), $"nobody-{Guid.NewGuid():N}");
        await using var store = Factory(Local(null, false, false)).Open(StoreUri.Parse($"unix://{path}"), new StoreOpenOptions { Name = "here" });
        var failure = await Assert.ThrowsAsync<NixRemoteException>(() => store.ConnectAsync(default));
        Assert.Equal((nameof(NixErrors.LocalStoreUnavailable), "here", path), (failure.ErrorId, failure.Builder, failure.Target));
    }

    [Fact]
    public async Task Localhost_without_user_and_port_is_no_SSH_at_all()
    {
        await using var store = Factory(Local(null, false, false)).Open(
            StoreUri.Parse("ssh://localhost?remote-program=no-such-program-anywhere"), new StoreOpenOptions());
        var failure = await Assert.ThrowsAsync<NixRemoteException>(() => store.ConnectAsync(default));
        Assert.Equal(nameof(NixErrors.RemoteProgramNotFound), failure.ErrorId);
    }

    private static StoreFactory Factory(LocalStoreEnvironment environment) => new(new NoSsh(), new SshOptions(), environment);

    private static LocalStoreEnvironment Local(string? remote, bool writable, bool socket) => new()
    {
        Variable = name => name == "NIX_REMOTE" ? remote : null,
        IsWritable = path => path == "/nix/var/nix" && writable,
        Exists = path => path == "/nix/var/nix/daemon-socket/socket" && socket,
    };

    private sealed class NoSsh : ISshConnector
    {
        public Task<ISshSession> ConnectAsync(SshTarget target, SshOptions options, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("Nothing here goes over SSH.");
    }
}
