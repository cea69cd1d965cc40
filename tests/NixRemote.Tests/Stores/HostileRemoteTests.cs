using System.Diagnostics;
using System.Text;
using NixRemote.StoreObjects;
using NixRemote.Stores;
using NixRemote.Tests.StoreObjects;
using static NixRemote.Tests.Stores.WireReaderTests;

namespace NixRemote.Tests.Stores;

/// <summary>What a remote may do wrong, and the exact error that it gets (wire.md §1.2, §3, §4).</summary>
public sealed class HostileRemoteTests
{
    private static readonly StoreSamples.Sample _sample = StoreSamples.File("sample", "the contents"u8.ToArray());

    public static TheoryData<string, byte[], string, string> StrayOutput => new()
    {
        { "line", "Welcome to b28!\n"u8.ToArray(), nameof(NixErrors.RemoteOutputBeforeProtocol), "Welcome to b28!" },
        { "less than a word", "hi\n"u8.ToArray(), nameof(NixErrors.RemoteOutputBeforeProtocol), "begins: hi" },
        { "colours", "\e[1mLast login\e[0m: today\r\n"u8.ToArray(), nameof(NixErrors.RemoteOutputBeforeProtocol), "Last login: today" },
        { "before the magic", [.. "motd of the day\n"u8, .. Word(0x5452eecb), .. Word(0x207)], nameof(NixErrors.RemoteOutputBeforeProtocol), "motd of the day" },
        { "long", Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("all work and no play\n", 10_000))), nameof(NixErrors.RemoteOutputBeforeProtocol), "all work and no play" },
        { "another protocol", [.. Word(0x6478696f), .. Word(0x126)], nameof(NixErrors.ProtocolViolation), "5452eecb" },
        { "zeros", new byte[64], nameof(NixErrors.ProtocolViolation), "5452eecb" },
    };

    [Theory]
    [MemberData(nameof(StrayOutput))]
    public async Task Output_before_the_protocol_is_shown(string what, byte[] output, string error, string shown)
    {
        _ = what;
        foreach (var ends in new[] { true, false })
        {
            var peer = ScriptedPeer.Run(async p =>
            {
                await p.FromClient.ReadUInt64Async(default);
                await p.FromClient.ReadUInt64Async(default);
                p.ToClient.WriteRaw(output);
                await p.ToClient.FlushAsync(default);
                if (!ends)
                {
                    // Like a shell: it ends with its input.
                    await p.DrainAsync();
                }
            });
            var failure = await Assert.ThrowsAnyAsync<NixRemoteException>(() => ServeConnection.OpenAsync(peer, "b28", default));
            Assert.Equal((error, "b28"), (failure.ErrorId, failure.Builder));
            Assert.Contains(shown, failure.Message, StringComparison.Ordinal);
            Assert.InRange(failure.Message.Length, 0, WireLimits.StrayOutputBytes + 200);
            Assert.True(peer.IsAborted);
        }
    }

    [Theory]
    [InlineData(127, "sh: 1: nix-store: not found\n", nameof(NixErrors.RemoteProgramNotFound))]
    [InlineData(127, "", nameof(NixErrors.RemoteProgramNotFound))]
    [InlineData(1, "zsh:1: command not found: nix-store\n", nameof(NixErrors.RemoteProgramNotFound))]
    [InlineData(126, "sh: /opt/nix-store: No such file or directory\n", nameof(NixErrors.RemoteProgramNotFound))]
    [InlineData(1, "fish: Unknown command: nix-store\n", nameof(NixErrors.RemoteProgramNotFound))]
    [InlineData(1, "\e[31;1merror:\e[0m cannot connect to socket at '/nix/var/nix/daemon-socket/socket': No such file or directory\n", nameof(NixErrors.DaemonUnavailable))]
    [InlineData(1, "error: creating directory '/nix/var/nix/temproots': Permission denied\n", nameof(NixErrors.RemoteDied))]
    [InlineData(null, "", nameof(NixErrors.RemoteDied))]
    public async Task A_remote_that_ends_before_its_first_word(int? status, string standardError, string error)
    {
        var peer = ScriptedPeer.Run(async p =>
        {
            p.Say(standardError);
            await Task.Yield();
            p.Exit(status);
        });
        var failure = await Assert.ThrowsAsync<NixRemoteException>(() => ServeConnection.OpenAsync(peer, "b28", default));
        Assert.Equal((error, "b28"), (failure.ErrorId, failure.Builder));
        Assert.Equal(standardError.Length == 0 ? null : standardError.TrimEnd('\n').Replace("\e[31;1m", "").Replace("\e[0m", ""), failure.StandardErrorTail);
        if (error == nameof(NixErrors.RemoteDied))
        {
            Assert.Contains("during the handshake", failure.Message, StringComparison.Ordinal);
        }
    }

    public static TheoryData<string, string> Phases => new()
    {
        { "serve", "handshake" }, { "serve", "query" }, { "serve", "upload" }, { "serve", "download" }, { "serve", "build" },
        { "worker", "handshake" }, { "worker", "query" }, { "worker", "upload" }, { "worker", "download" }, { "worker", "build" },
    };

    // Every answer, cut at every byte: the remote dies there, with its last words on standard error.
    [Theory]
    [MemberData(nameof(Phases))]
    public async Task A_remote_that_dies_in_any_phase_at_any_byte(string protocol, string phase)
    {
        var handshake = protocol == "serve" ? ServeHandshake : WorkerHandshake;
        var answer = (protocol, phase) switch
        {
            (_, "handshake") => handshake,
            ("serve", "query") => [.. String(_sample.Info.Path.ToString()), .. Written(to => FakeServe.WriteInfo(to, _sample.Info)), .. String("")],
            ("serve", "upload") => Word(1),
            ("serve", "download") => _sample.Nar,
            ("serve", "build") => [.. Word(3), .. String("builder failed"), .. new byte[32], .. Word(0)],
            ("worker", "query") => [.. Word(FakeDaemon.Last), .. Word(1), .. String(""), .. String(_sample.Info.NarHash.ToBase16()), .. Word(0), .. Word(1), .. Word(120), .. Word(0), .. Word(0), .. String("")],
            ("worker", "upload") => [.. Word(FakeDaemon.Next), .. String("adding"), .. Word(FakeDaemon.Last)],
            ("worker", "download") => [.. Word(FakeDaemon.Last), .. _sample.Nar],
            _ => (byte[])[.. Word(FakeDaemon.Next), .. String("building"), .. Word(FakeDaemon.Last), .. Word(3), .. String("failed"), .. new byte[32], .. Word(0), .. Word(0), .. Word(0)],
        };
        for (var cut = 0; cut < answer.Length; cut++)
        {
            if (phase == "handshake" && cut is > 0 and < 8)
            {
                continue; // A piece of the magic is stray output.
            }

            var peer = ScriptedPeer.Run(async p =>
            {
                await (phase == "handshake" ? Task.CompletedTask : AgreeAsync(p));
                p.ToClient.WriteRaw(answer.AsSpan(0, cut));
                await p.ToClient.FlushAsync(default);
                p.Say("error: out of memory\n");
                p.Exit(1);
            });
            var failure = await Assert.ThrowsAsync<NixRemoteException>(() => UseAsync(peer, protocol, phase));
            Assert.Equal((nameof(NixErrors.RemoteDied), "b28"), (failure.ErrorId, failure.Builder));
            Assert.Equal($"nix on scripted ended with exit status 1 during the {phase}: out of memory", failure.Message);
            Assert.Equal("error: out of memory", failure.StandardErrorTail);
            Assert.True(peer.IsAborted);
        }

        // Not cut, it is an answer.
        var whole = ScriptedPeer.Run(async p =>
        {
            await (phase == "handshake" ? Task.CompletedTask : AgreeAsync(p));
            p.ToClient.WriteRaw(answer);
            p.ToClient.WriteUInt64(0); // To the query with which a serve build asks for its last lines.
            await p.ToClient.FlushAsync(default);
            await p.DrainAsync();
        });
        await UseAsync(whole, protocol, phase);

        Task AgreeAsync(ScriptedPeer p) =>
            protocol == "serve" ? FakeServe.ShakeHandsAsync(p, 0x207) : new FakeDaemon(38, new FakeStore()).ShakeHandsAsync(p);
    }

    public static TheoryData<string, string, byte[], string, string> Violations => new()
    {
        // protocol, phase, answer, error, part of the message
        { "serve", "handshake", [.. Word(0x5452eecb), .. Word(1UL << 40)], nameof(NixErrors.LimitExceeded), "version" },
        { "serve", "valid", [.. Word(1), .. String(StoreSamples.Path("other").ToString())], nameof(NixErrors.ProtocolViolation), "not asked" },
        { "serve", "valid", Word(2), nameof(NixErrors.LimitExceeded), "valid paths is 2" },
        { "serve", "valid", [.. Word(1), .. String("/etc/passwd")], nameof(NixErrors.ProtocolViolation), "/etc/passwd" },
        { "serve", "query", String(StoreSamples.Path("other").ToString()), nameof(NixErrors.ProtocolViolation), "not asked" },
        { "serve", "query", [.. String(_sample.Info.Path.ToString()), .. String(""), .. Word(WireLimits.References + 1)], nameof(NixErrors.LimitExceeded), "references" },
        { "serve", "query", [.. String(_sample.Info.Path.ToString()), .. String(""), .. Word(0), .. Word(0), .. Word(1UL << 63)], nameof(NixErrors.LimitExceeded), "size" },
        { "serve", "query", [.. String(_sample.Info.Path.ToString()), .. String(""), .. Word(0), .. Word(0), .. Word(120), .. String("md5:x")], nameof(NixErrors.ProtocolViolation), "SHA-256" },
        { "serve", "query", [.. String(_sample.Info.Path.ToString()), .. String(""), .. Word(0), .. Word(0), .. Word(120), .. Word(WireLimits.TokenBytes + 1)], nameof(NixErrors.LimitExceeded), "hash" },
        { "serve", "query", [.. String(_sample.Info.Path.ToString()), .. String(""), .. Word(0), .. Word(0), .. Word(120), .. String(_sample.Info.NarHash.ToString()), .. String(""), .. Word(WireLimits.Signatures + 1)], nameof(NixErrors.LimitExceeded), "signatures" },
        { "serve", "query", [.. String(_sample.Info.Path.ToString()), .. String(""), .. Word(0), .. Word(0), .. Word(120), .. String(_sample.Info.NarHash.ToString()), .. String(""), .. Word(1), .. Word(WireLimits.SignatureBytes + 1)], nameof(NixErrors.LimitExceeded), "signatures" },
        { "serve", "upload", Word(2), nameof(NixErrors.ProtocolViolation), "must be 1, but is 2" },
        { "serve", "build", [.. Word(3), .. Word(WireLimits.ErrorTextBytes + 1)], nameof(NixErrors.LimitExceeded), "error text" },
        { "serve", "build", [.. Word(0), .. String(""), .. Word(1UL << 31), .. Word(0)], nameof(NixErrors.LimitExceeded), "how often" },
        { "serve", "build", [.. Word(0), .. String(""), .. Word(1), .. Word(2)], nameof(NixErrors.ProtocolViolation), "0 or 1" },
        { "serve", "build", [.. Word(0), .. String(""), .. Word(1), .. Word(0), .. Word(ulong.MaxValue)], nameof(NixErrors.LimitExceeded), "start time" },
        { "serve", "build", [.. Word(0), .. String(""), .. new byte[32], .. Word(WireLimits.BuiltOutputs + 1)], nameof(NixErrors.LimitExceeded), "built outputs" },
        { "serve", "build", [.. Word(0), .. String(""), .. new byte[32], .. Word(1), .. String("sha256:00!out"), .. String("{\"outPath\":\"../../etc\"}")], nameof(NixErrors.ProtocolViolation), "outPath" },
        { "serve", "build", [.. Word(0), .. String(""), .. new byte[32], .. Word(1), .. String("sha256:00!out"), .. String("{")], nameof(NixErrors.ProtocolViolation), "outPath" },
        { "serve", "build", [.. Word(0), .. String(""), .. new byte[32], .. Word(1), .. String("no output"), .. String("{}")], nameof(NixErrors.ProtocolViolation), "OUTPUT" },
        { "serve", "build", [.. Word(0), .. String(""), .. new byte[32], .. Word(1), .. String("sha256:00!out"), .. Word(WireLimits.RealisationBytes + 1)], nameof(NixErrors.LimitExceeded), "realisation" },
        { "worker", "handshake", [.. WorkerHandshake.AsSpan(0, 16), .. Word(WireLimits.Features + 1)], nameof(NixErrors.LimitExceeded), "features" },
        { "worker", "handshake", [.. WorkerHandshake.AsSpan(0, 16), .. Word(1), .. Word(WireLimits.NameBytes + 1)], nameof(NixErrors.LimitExceeded), "features" },
        { "worker", "handshake", [.. WorkerHandshake.AsSpan(0, 16), .. Word(0), .. String("2.34"), .. Word(3)], nameof(NixErrors.LimitExceeded), "trust" },
        { "worker", "valid", Word(0x1234), nameof(NixErrors.ProtocolViolation), "not with 1234" },
        { "worker", "valid", [.. Word(0x64617461), .. Word(1)], nameof(NixErrors.ProtocolViolation), "Read has no place" },
        { "worker", "valid", [.. Word(0x64617416), .. String("x")], nameof(NixErrors.ProtocolViolation), "Write has no place" },
        { "worker", "valid", [.. Word(FakeDaemon.Next), .. Word(WireLimits.LogLineBytes + 1)], nameof(NixErrors.LimitExceeded), "a message" },
        { "worker", "valid", [.. Word(0x53545254), .. Word(1), .. Word(3), .. Word(105), .. Word(WireLimits.LogLineBytes + 1)], nameof(NixErrors.LimitExceeded), "text of an activity" },
        { "worker", "valid", [.. Word(0x53545254), .. Word(1), .. Word(1UL << 32)], nameof(NixErrors.LimitExceeded), "level" },
        { "worker", "valid", [.. Word(0x52534c54), .. Word(1), .. Word(101), .. Word(WireLimits.ActivityFields + 1)], nameof(NixErrors.LimitExceeded), "fields" },
        { "worker", "valid", [.. Word(0x52534c54), .. Word(1), .. Word(101), .. Word(1), .. Word(2)], nameof(NixErrors.ProtocolViolation), "kind 0 or 1, not 2" },
        { "worker", "valid", [.. Word(0x52534c54), .. Word(1), .. Word(101), .. Word(1), .. Word(1), .. Word(WireLimits.LogLineBytes + 1)], nameof(NixErrors.LimitExceeded), "a field" },
        { "worker", "valid", [.. Word(FakeDaemon.Error), .. String("Warning")], nameof(NixErrors.ProtocolViolation), "'Warning'" },
        { "worker", "valid", [.. Word(FakeDaemon.Error), .. String("Error"), .. Word(0), .. String("Error"), .. Word(WireLimits.ErrorTextBytes + 1)], nameof(NixErrors.LimitExceeded), "error text" },
        { "worker", "valid", [.. Word(FakeDaemon.Error), .. String("Error"), .. Word(0), .. String("Error"), .. String("x"), .. Word(1)], nameof(NixErrors.ProtocolViolation), "position" },
        { "worker", "valid", [.. Word(FakeDaemon.Error), .. String("Error"), .. Word(0), .. String("Error"), .. String("x"), .. Word(0), .. Word(WireLimits.ErrorTraces + 1)], nameof(NixErrors.LimitExceeded), "traces" },
        { "worker", "valid", [.. Word(FakeDaemon.Last), .. Word(1), .. String(StoreSamples.Path("other").ToString())], nameof(NixErrors.ProtocolViolation), "not asked" },
        { "worker", "query", [.. Word(FakeDaemon.Last), .. Word(2)], nameof(NixErrors.ProtocolViolation), "validity" },
        { "worker", "query", [.. Word(FakeDaemon.Last), .. Word(1), .. String("relative")], nameof(NixErrors.ProtocolViolation), "deriver" },
        { "worker", "goals", [.. Word(FakeDaemon.Last), .. Word(2)], nameof(NixErrors.LimitExceeded), "number of results" },
        { "worker", "goals", [.. Word(FakeDaemon.Last), .. Word(1), .. String("another goal")], nameof(NixErrors.ProtocolViolation), "not asked" },
        { "worker", "build", [.. Word(FakeDaemon.Last), .. Word(0), .. String(""), .. new byte[32], .. Word(2)], nameof(NixErrors.ProtocolViolation), "CPU time" },
        { "worker", "build", [.. Word(FakeDaemon.Last), .. Word(0), .. String(""), .. new byte[32], .. Word(1), .. Word(long.MaxValue)], nameof(NixErrors.LimitExceeded), "CPU time" },
        { "worker", "download", [.. Word(FakeDaemon.Last), .. Word(0x1234)], nameof(NixErrors.ProtocolViolation), "must begin here" },
    };

    [Theory]
    [MemberData(nameof(Violations))]
    public async Task Bytes_that_the_protocol_does_not_allow(string protocol, string phase, byte[] answer, string error, string message)
    {
        var peer = ScriptedPeer.Run(async p =>
        {
            p.ToClient.WriteRaw(phase == "handshake" ? answer : [.. protocol == "serve" ? ServeHandshake : WorkerHandshake, .. answer]);
            await p.ToClient.FlushAsync(default);
            await p.DrainAsync();
        });
        var failure = await Assert.ThrowsAsync<ProtocolException>(() => UseAsync(peer, protocol, phase));
        Assert.Equal((error, "b28"), (failure.ErrorId, failure.Builder));
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
        Assert.InRange(failure.Offset, 1, answer.Length + WorkerHandshake.Length);
        Assert.True(peer.IsAborted);
    }

    public static TheoryData<byte[], string> BadArchives => new()
    {
        { NarBytes.File("the c0ntents"u8.ToArray()), nameof(NixErrors.NarHashMismatch) },
        { NarBytes.File("the contents and then some more of it"u8.ToArray()), nameof(NixErrors.NarSizeMismatch) },
        { NarBytes.File("less"u8.ToArray()), nameof(NixErrors.NarSizeMismatch) },
        { [.. NarBytes.Tokens("nix-archive-1", "(", "type", "socket"), .. new byte[200]], nameof(NixErrors.NarInvalid) },
    };

    [Theory]
    [MemberData(nameof(BadArchives))]
    public async Task An_archive_that_is_not_what_was_promised(byte[] nar, string error)
    {
        foreach (var protocol in new[] { "serve", "worker" })
        {
            var peer = ScriptedPeer.Run(async p =>
            {
                p.ToClient.WriteRaw(protocol == "serve" ? [.. ServeHandshake, .. nar] : [.. WorkerHandshake, .. Word(FakeDaemon.Last), .. nar]);
                await p.ToClient.FlushAsync(default);
                await p.DrainAsync();
            });
            var failure = await Assert.ThrowsAnyAsync<NixRemoteException>(() => UseAsync(peer, protocol, "download"));
            Assert.Equal((error, "b28", _sample.Info.Path.ToString()), (failure.ErrorId, failure.Builder, failure.Target));
            Assert.True(peer.IsAborted);
        }
    }

    [Theory]
    [InlineData(0)] // where the archive would begin: Nix 2.34
    [InlineData(24)] // after its first token: Nix 2.8, 2.26
    public async Task An_error_where_the_archive_should_be(int archiveBytes)
    {
        var peer = ScriptedPeer.Run(async p =>
        {
            p.ToClient.WriteRaw([.. WorkerHandshake, .. Word(FakeDaemon.Last), .. _sample.Nar.AsSpan(0, archiveBytes)]);
            new FakeDaemon(38, new FakeStore()).WriteError(p.ToClient, $"path '{_sample.Info.Path}' is not valid");
            await p.ToClient.FlushAsync(default);
            await p.DrainAsync();
        });
        var failure = await Assert.ThrowsAsync<NixRemoteException>(() => UseAsync(peer, "worker", "download"));
        Assert.Equal((nameof(NixErrors.PathNotValid), "b28"), (failure.ErrorId, failure.Builder));
    }

    [Theory]
    [InlineData("serve", "query")]
    [InlineData("serve", "upload")]
    [InlineData("serve", "build")]
    [InlineData("serve", "download")]
    [InlineData("worker", "query")]
    [InlineData("worker", "upload")]
    [InlineData("worker", "build")]
    [InlineData("worker", "download")]
    public async Task A_remote_that_says_nothing_is_left_at_once_when_cancelled(string protocol, string phase)
    {
        var asked = new TaskCompletionSource();
        var peer = ScriptedPeer.Run(async p =>
        {
            p.ToClient.WriteRaw(protocol == "serve" ? ServeHandshake : WorkerHandshake);
            await p.ToClient.FlushAsync(default);
            await p.FromClient.ReadUInt64Async(default);
            asked.SetResult();
            await p.DrainAsync();
        });
        using var cancel = new CancellationTokenSource();
        var use = UseAsync(peer, protocol, phase, cancel.Token);
        await asked.Task;
        var clock = Stopwatch.StartNew();
        cancel.Cancel();
        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => use);
        Assert.Equal(cancel.Token, cancelled.CancellationToken);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.True(peer.IsAborted);
    }

    [Fact]
    public async Task An_unknown_build_status_is_a_failure_of_unknown_kind()
    {
        var peer = ScriptedPeer.Run(async p =>
        {
            p.ToClient.WriteRaw([.. ServeHandshake, .. Word(99), .. String("\e[31;1merror:\e[0m new kind of failure\n"), .. new byte[32], .. Word(0)]);
            p.ToClient.WriteUInt64(0);
            await p.ToClient.FlushAsync(default);
            await p.DrainAsync();
        });
        await using var store = await ServeConnection.OpenAsync(peer, "b28", default);
        var result = await store.BuildDerivationAsync(StoreSamples.Derivation("x", "true"), new BuildOptions(), null, default);
        Assert.Equal((BuildStatus.MiscFailure, "error: new kind of failure"), (result.Status, result.ErrorMessage));
    }

    [Fact]
    public async Task A_result_stands_though_the_server_says_nothing_more()
    {
        foreach (var dies in new[] { true, false })
        {
            var peer = ScriptedPeer.Run(async p =>
            {
                await FakeServe.ShakeHandsAsync(p, 0x207);
                Assert.Equal(8UL, await p.FromClient.ReadUInt64Async(default));
                await FakeStore.ReadBasicDerivationAsync(p.FromClient);
                await FakeStore.ReadRawAsync(p.FromClient, 6 * 8);
                p.ToClient.WriteRaw([.. Word(0), .. String(""), .. new byte[32], .. Word(0)]);
                await p.ToClient.FlushAsync(default);
                await (dies ? Task.CompletedTask : p.DrainAsync());
            });
            await using var store = await ServeConnection.OpenAsync(peer, "b28", default);
            var clock = Stopwatch.StartNew();
            var result = await store.BuildDerivationAsync(StoreSamples.Derivation("x", "true"), new BuildOptions(), null, default);
            Assert.Equal(BuildStatus.Built, result.Status);
            Assert.False(store.IsUsable);
            Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(4));
        }
    }

    internal static byte[] ServeHandshake => [.. Word(0x5452eecb), .. Word(0x207)];

    internal static byte[] WorkerHandshake => [.. Word(0x6478696f), .. Word(0x126), .. Word(0), .. String("2.34.8"), .. Word(1), .. Word(FakeDaemon.Last)];

    private static byte[] Written(Action<WireWriter> write)
    {
        var stream = new MemoryStream();
        var writer = new WireWriter(stream);
        write(writer);
        writer.FlushAsync(default).AsTask().Wait();
        return stream.ToArray();
    }

    private static async Task UseAsync(ScriptedPeer peer, string protocol, string phase, CancellationToken token = default)
    {
        await using IStoreConnection store = protocol == "serve"
            ? await ServeConnection.OpenAsync(peer, "b28", default)
            : await WorkerConnection.OpenAsync(peer, "b28", default);
        await (phase switch
        {
            "handshake" => Task.CompletedTask,
            "valid" => store.QueryValidPathsAsync([_sample.Info.Path], false, false, token),
            "query" => store.QueryPathInfosAsync([_sample.Info.Path], token),
            "upload" => store.AddPathsAsync(1, new[] { _sample }.Items(), token),
            "build" => store.BuildDerivationAsync(StoreSamples.Derivation("x", "true"), new BuildOptions(), null, token),
            "goals" => ((WorkerConnection)store).BuildPathsWithResultsAsync([DerivedPath.Built(StoreSamples.Path("x.drv"))], new BuildOptions(), null, token),
            _ => ReadAsync(),
        });

        async Task ReadAsync()
        {
            await foreach (var item in store.ReadNarsAsync([_sample.Info], token))
            {
                await item.Nar.CopyToAsync(Stream.Null, token);
            }
        }
    }
}
