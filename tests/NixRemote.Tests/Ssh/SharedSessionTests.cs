using System.Collections;
using System.Reflection;
using System.Runtime.Loader;
using NixRemote.Commands;
using NixRemote.Tests.TestBed;
using NixRemote.Transport;

namespace NixRemote.Tests.Ssh;

/// <summary>Open sessions of another module, whose SSH.NET lives in a load context of its own, as -SshSession gets them.</summary>
public sealed class SharedSessionTests
{
    [TestBedTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AnOpenSessionIsUsedWithoutLoggingInAgain(bool theirsFirst)
    {
        await using var sshd = await PrivateSshd.StartAsync("LogLevel VERBOSE");
        if (!theirsFirst)
        {
            _ = AdapterLoader.CreateSshConnector();
        }

        using var theirs = OtherModule.Connect(sshd);
        _ = AdapterLoader.CreateSshConnector();
        var said = new List<string>();

        // No identity file here: whoever logged in again would be refused.
        var options = sshd.Options(verbose: said.Add, identityFiles: "/nothing/here");
        var connector = new SharedSessionConnector([OpenSshSessions.From(theirs)], AdapterLoader.CreateSshConnector());
        await using (var session = await connector.ConnectAsync(new SshTarget { Host = "127.0.0.1" }, options, default))
        {
            Assert.Contains(said, line => line.Contains("is used for '127.0.0.1'", StringComparison.Ordinal));
            // More at once than sshd allows on a connection: they wait for each other.
            await Task.WhenAll(Enumerable.Range(0, 12).Select(async i =>
            {
                await using var channel = await session.ExecuteAsync($"cat; exit {i}", default);
                await ChannelEcho.CheckAsync(channel, 512 * 1024);
                Assert.Equal(i, await channel.Exited);
            }));
            Assert.Equal("theirs", theirs.Run("echo theirs"));
        }

        // The session is theirs, and stays open.
        Assert.True(theirs.Connected);
        Assert.Equal("still there", theirs.Run("echo still there"));
    }

    [TestBedFact]
    public async Task ASlowReaderCostsNoMemory()
    {
        await using var sshd = await PrivateSshd.StartAsync();
        using var theirs = OtherModule.Connect(sshd);
        await using var session = OpenSshSessions.From(theirs).Adopt(sshd.Options(), "box");
        await using var channel = await session.ExecuteAsync("head -c 200000000 /dev/zero", default);
        var before = GC.GetTotalMemory(true);
        await Task.Delay(500);
        Assert.InRange(GC.GetTotalMemory(true) - before, long.MinValue, 32 * 1024 * 1024);
        var buffer = new byte[1024 * 1024];
        long total = 0;
        for (int read; (read = await channel.Input.ReadAsync(buffer)) > 0;)
        {
            total += read;
        }

        Assert.Equal(200000000, total);
    }

    [TestBedTheory]
    [InlineData("127.0.0.1", null, 0, true)]
    [InlineData("127.0.0.1", "nix", 0, true)]
    [InlineData("127.0.0.1", "guest", 0, false)]
    [InlineData("127.0.0.1", null, 1, false)]
    [InlineData("alias", null, 0, true)]
    [InlineData("localhost", null, 0, false)]
    public async Task WhichMachinesASessionIsFor(string host, string? user, int otherPort, bool used)
    {
        await using var sshd = await PrivateSshd.StartAsync();
        using var theirs = OtherModule.Connect(sshd);
        var others = new Recorder();
        var connector = new SharedSessionConnector([OpenSshSessions.From(theirs)], others);
        var target = new SshTarget { Host = host, User = user, Port = otherPort == 0 ? null : sshd.Port + otherPort };
        var options = sshd.Options("Host alias\n  HostName 127.0.0.1\n");
        if (used)
        {
            await (await connector.ConnectAsync(target, options, default)).DisposeAsync();
        }
        else
        {
            await Assert.ThrowsAsync<NotSupportedException>(() => connector.ConnectAsync(target, options, default));
        }

        Assert.Equal(!used, others.WasAsked);
    }

    [TestBedFact]
    public async Task WhatIsNoOpenSession()
    {
        await using var sshd = await PrivateSshd.StartAsync();
        var theirs = OtherModule.Connect(sshd);
        theirs.Dispose();
        foreach (var value in new object[] { "a text", new Hashtable(), theirs })
        {
            Assert.Equal(NixErrors.SshSessionUnusable, Assert.Throws<NixRemoteException>(() => OpenSshSessions.From(value)).Definition);
        }
    }

    [TestBedFact]
    public async Task PinnedKeysAreStillChecked()
    {
        await using var sshd = await PrivateSshd.StartAsync();
        using var theirs = OtherModule.Connect(sshd);
        var (others, warnings) = (new Recorder(), new List<string>());
        var connector = new SharedSessionConnector([OpenSshSessions.From(theirs)], others);
        await Assert.ThrowsAsync<NotSupportedException>(() => connector.ConnectAsync(
            new SshTarget { Host = "127.0.0.1", PinnedHostKey = "ssh-ed25519 AAAA" }, sshd.Options() with { Warning = warnings.Add }, default));
        Assert.Contains("pinned", Assert.Single(warnings));
    }

    private sealed class Recorder : ISshConnector
    {
        public bool WasAsked { get; private set; }

        public Task<ISshSession> ConnectAsync(SshTarget target, SshOptions options, CancellationToken cancellationToken)
        {
            WasAsked = true;
            throw new NotSupportedException("Only asked.");
        }
    }

    /// <summary>
    /// A session object shaped as Posh-SSH's, with public fields SessionId, Host and Session, over an SSH.NET in a load context that
    /// is neither the default one nor the module's.
    /// </summary>
#pragma warning disable CA1051, CA1822 // Fields, as there.
    private sealed class OtherModule : IDisposable
    {
        public int SessionId = 1;
        public string Host = "127.0.0.1";
        public object Session;

        private OtherModule(object session) => Session = session;

        public bool Connected => (bool)Session.GetType().GetProperty("IsConnected")!.GetValue(Session)!;

        public static OtherModule Connect(PrivateSshd sshd)
        {
            var context = new AssemblyLoadContext("another module", isCollectible: false);
            context.Resolving += (self, name) => File.Exists(Path.Combine(AdapterLoader.DefaultFolder, name.Name + ".dll"))
                ? self.LoadFromAssemblyPath(Path.Combine(AdapterLoader.DefaultFolder, name.Name + ".dll")) : null;
            var assembly = context.LoadFromAssemblyPath(Path.Combine(AdapterLoader.DefaultFolder, "Renci.SshNet.dll"));
            Assert.NotSame(typeof(Renci.SshNet.SshClient).Assembly, assembly);
            var key = Activator.CreateInstance(assembly.GetType("Renci.SshNet.PrivateKeyFile")!, sshd.IdentityFile)!;
            var keys = Array.CreateInstance(assembly.GetType("Renci.SshNet.IPrivateKeySource")!, 1);
            keys.SetValue(key, 0);
            var client = Activator.CreateInstance(assembly.GetType("Renci.SshNet.SshClient")!, "127.0.0.1", sshd.Port, "nix", keys)!;
            client.GetType().GetMethod("Connect")!.Invoke(client, null);
            return new OtherModule(client);
        }

        /// <summary>Uses the session as its own module does.</summary>
        public string Run(string command)
        {
            using var running = (IDisposable)Session.GetType().GetMethod("RunCommand", [typeof(string)])!.Invoke(Session, [command])!;
            return ((string)running.GetType().GetProperty("Result")!.GetValue(running)!).Trim();
        }

        public void Dispose() => Session.GetType().GetMethod("Disconnect")!.Invoke(Session, null);
    }
#pragma warning restore CA1051, CA1822
}
