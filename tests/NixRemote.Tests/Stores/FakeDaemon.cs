using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Tests.Stores;

/// <summary>A nix-daemon (wire.md §4) of any minor version from 1.21 on, over a <see cref="FakeStore"/>.</summary>
internal sealed class FakeDaemon(int minor, FakeStore store)
{
    public const string BuiltPath = "/nix/store/00000000000000000000000000000000-built";

    public const ulong Last = 0x616c7473;
    public const ulong Error = 0x63787470;
    public const ulong Next = 0x6f6c6d67;

    private readonly int _agreed = Math.Min(minor, 38);

    /// <summary>Told before each request is answered, after its operation was read.</summary>
    public Func<ScriptedPeer, ulong, Task> Before { get; init; } = (_, _) => Task.CompletedTask;

    public async Task ShakeHandsAsync(ScriptedPeer peer)
    {
        var (from, to) = (peer.FromClient, peer.ToClient);
        Assert.Equal(0x6e697863UL, await from.ReadUInt64Async(default));
        Assert.Equal(0x126UL, await from.ReadUInt64Async(default));
        to.WriteUInt64(0x6478696f);
        to.WriteUInt64((ulong)(0x100 + minor));
        await to.FlushAsync(default);
        if (_agreed >= 38)
        {
            Assert.Empty(await from.ReadTextSetAsync(10, 100, "features", default));
            to.WriteNumber(2);
            to.WriteText("delete-dead-specific-referrers");
            to.WriteText("realisation-with-path-not-hash");
        }

        Assert.Equal(0UL, await from.ReadUInt64Async(default));
        Assert.Equal(0UL, await from.ReadUInt64Async(default));
        if (_agreed >= 33)
        {
            to.WriteText("2.99");
        }

        if (_agreed >= 35)
        {
            to.WriteUInt64(1);
        }

        WriteMessage(to, "welcome");
        to.WriteUInt64(Last);
        await to.FlushAsync(default);
    }

    public async Task RunAsync(ScriptedPeer peer)
    {
        await ShakeHandsAsync(peer);
        await AnswerAllAsync(peer);
    }

    /// <summary>Answers requests until the client closes.</summary>
    public async Task AnswerAllAsync(ScriptedPeer peer)
    {
        while (await peer.FromClient.PeekUInt64Async(0, default) is not null)
        {
            var operation = await peer.FromClient.ReadUInt64Async(default);
            store.Requests.Add($"{operation}");
            await Before(peer, operation);
            await AnswerAsync(operation, peer);
            await peer.ToClient.FlushAsync(default);
        }
    }

    /// <summary>An error as this version writes it.</summary>
    public void WriteError(WireWriter to, string message, params string[] traces)
    {
        to.WriteUInt64(Error);
        if (_agreed < 26)
        {
            to.WriteText(message);
            to.WriteUInt64(1);
            return;
        }

        to.WriteText("Error");
        to.WriteUInt64(0);
        to.WriteText("Error");
        to.WriteText(message);
        to.WriteUInt64(0);
        to.WriteNumber(traces.Length);
        foreach (var trace in traces)
        {
            to.WriteUInt64(0);
            to.WriteText(trace);
        }
    }

    public static void WriteMessage(WireWriter to, string text)
    {
        to.WriteUInt64(Next);
        to.WriteText(text + "\n");
    }

    public static void WriteBuiltOutputs(WireWriter to)
    {
        to.WriteNumber(1);
        to.WriteText($"sha256:{new string('0', 64)}!out");
        to.WriteText($$"""{"dependentRealisations":{},"id":"sha256:{{new string('0', 64)}}!out","outPath":"{{BuiltPath["/nix/store/".Length..]}}","signatures":[]}""");
    }

    private async Task AnswerAsync(ulong operation, ScriptedPeer peer)
    {
        var (from, to) = (peer.FromClient, peer.ToClient);
        switch (operation)
        {
            case 1:
                var asked = await from.ReadPathAsync("path", default);
                to.WriteUInt64(Last);
                to.WriteBool(store.Infos.ContainsKey(asked));
                break;
            case 9 or 46:
                await AnswerBuildPathsAsync(operation, peer);
                break;
            case 11:
                await from.ReadPathAsync("path", default);
                to.WriteUInt64(Last);
                to.WriteUInt64(1);
                break;
            case 26:
                var path = await from.ReadPathAsync("path", default);
                to.WriteUInt64(Last);
                to.WriteBool(store.Infos.ContainsKey(path));
                if (store.Infos.TryGetValue(path, out var info))
                {
                    WriteInfo(to, info);
                }

                break;
            case 31:
                var paths = await FakeStore.ReadPathsAsync(from);
                if (_agreed >= 27)
                {
                    store.Requests[^1] += $" {await from.ReadBoolAsync("substitute", default)}";
                }

                to.WriteUInt64(Last);
                to.WritePathSet(paths.Where(store.Infos.ContainsKey));
                break;
            case 36:
                store.Requests[^1] += $" {await FakeStore.ReadBasicDerivationAsync(from)} {await from.ReadUInt64Async(default)}";
                WriteBuildMessages(to);
                to.WriteUInt64(Last);
                WriteResult(to);
                break;
            case 38:
                var dumped = await from.ReadPathAsync("path", default);
                to.WriteUInt64(Last);
                to.WriteRaw(store.Nars[dumped]);
                break;
            case 39:
                await AnswerAddToStoreNarAsync(peer);
                break;
            case 44:
                Assert.True(_agreed >= 32);
                await AnswerAddMultipleAsync(peer);
                break;
            default:
                throw new InvalidDataException($"operation {operation}");
        }
    }

    private async Task AnswerAddToStoreNarAsync(ScriptedPeer peer)
    {
        var (from, to) = (peer.FromClient, peer.ToClient);
        var info = await FakeStore.ReadValidPathInfoAsync(from);
        Assert.False(await from.ReadBoolAsync("repair", default));
        Assert.True(await from.ReadBoolAsync("dontCheckSigs", default));
        if (_agreed >= 23)
        {
            await store.KeepAsync(info, await FakeStore.ReadFramedAsync(from));
        }
        else
        {
            var nar = new MemoryStream();
            while (nar.Length < info.NarSize)
            {
                to.WriteUInt64(0x64617461);
                to.WriteUInt64(100);
                await to.FlushAsync(default);
                nar.Write(await from.ReadBytesAsync(100, "data", default));
            }

            await store.KeepAsync(info, nar.ToArray());
        }

        WriteMessage(to, $"added {info.Path.Name}");
        to.WriteUInt64(Last);
    }

    private async Task AnswerAddMultipleAsync(ScriptedPeer peer)
    {
        Assert.False(await peer.FromClient.ReadBoolAsync("repair", default));
        Assert.True(await peer.FromClient.ReadBoolAsync("dontCheckSigs", default));
        var stream = new WireReader(new MemoryStream(await FakeStore.ReadFramedAsync(peer.FromClient)));
        var count = await stream.ReadNumberAsync(100_000, "count", default);
        for (var i = 0; i < count; i++)
        {
            var info = await FakeStore.ReadValidPathInfoAsync(stream);
            await store.KeepAsync(info, await FakeStore.ReadRawAsync(stream, info.NarSize));
        }

        Assert.Null(await stream.PeekUInt64Async(0, default));
        peer.ToClient.WriteUInt64(Last);
    }

    private async Task AnswerBuildPathsAsync(ulong operation, ScriptedPeer peer)
    {
        var goals = new string[await peer.FromClient.ReadNumberAsync(100, "goals", default)];
        for (var i = 0; i < goals.Length; i++)
        {
            goals[i] = await peer.FromClient.ReadTextAsync(1000, "goal", default);
        }

        store.Requests[^1] += $" {string.Join(' ', goals)} {await peer.FromClient.ReadUInt64Async(default)}";
        peer.ToClient.WriteUInt64(Last);
        if (operation == 9)
        {
            peer.ToClient.WriteUInt64(1);
            return;
        }

        Assert.True(_agreed >= 34);
        peer.ToClient.WriteNumber(goals.Length);
        foreach (var goal in goals)
        {
            peer.ToClient.WriteText(goal);
            WriteResult(peer.ToClient);
        }
    }

    private static void WriteInfo(WireWriter to, PathInfo info)
    {
        to.WriteOptionalPath(info.Deriver);
        to.WriteText(info.NarHash.ToBase16());
        to.WritePathSet(info.References);
        to.WriteNumber(info.RegistrationTime);
        to.WriteNumber(info.NarSize);
        to.WriteBool(info.Ultimate);
        to.WriteSignatures(info.Signatures);
        to.WriteText(info.ContentAddress ?? "");
    }

    // What a trivial build says (wire.md §4.3).
    private static void WriteBuildMessages(WireWriter to)
    {
        to.WriteUInt64(0x53545254);
        to.WriteUInt64(1);
        to.WriteUInt64(3);
        to.WriteUInt64(105);
        to.WriteText("building '/nix/store/x.drv'");
        to.WriteNumber(4);
        to.WriteUInt64(1);
        to.WriteText("/nix/store/x.drv");
        to.WriteUInt64(1);
        to.WriteText("");
        to.WriteUInt64(0);
        to.WriteUInt64(1);
        to.WriteUInt64(0);
        to.WriteUInt64(1);
        to.WriteUInt64(0);
        foreach (var (type, text) in new[] { (104UL, "buildPhase"), (101UL, "a line"), (107UL, "of the hook") })
        {
            to.WriteUInt64(0x52534c54);
            to.WriteUInt64(1);
            to.WriteUInt64(type);
            to.WriteNumber(1);
            to.WriteUInt64(1);
            to.WriteText(text);
        }

        to.WriteUInt64(0x52534c54);
        to.WriteUInt64(1);
        to.WriteUInt64(105);
        to.WriteNumber(2);
        to.WriteUInt64(0);
        to.WriteUInt64(3);
        to.WriteUInt64(0);
        to.WriteUInt64(4);
        WriteMessage(to, "a message");
        to.WriteUInt64(0x53544f50);
        to.WriteUInt64(1);
    }

    private void WriteResult(WireWriter to)
    {
        to.WriteUInt64(0);
        to.WriteText("");
        if (_agreed >= 29)
        {
            to.WriteUInt64(1);
            to.WriteUInt64(0);
            to.WriteUInt64(1000);
            to.WriteUInt64(1001);
        }

        if (_agreed >= 37)
        {
            to.WriteUInt64(1);
            to.WriteUInt64(1_500_000);
            to.WriteUInt64(0);
        }

        if (_agreed >= 28)
        {
            WriteBuiltOutputs(to);
        }
    }
}
