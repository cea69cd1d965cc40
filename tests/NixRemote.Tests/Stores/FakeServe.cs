using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Tests.Stores;

/// <summary>A serve server (wire.md §3) of any version, over a <see cref="FakeStore"/>.</summary>
internal sealed class FakeServe(ulong version, FakeStore store)
{
    private readonly ulong _agreed = Math.Min(version, 0x207);

    /// <summary>Told before each request is answered; may end the server by throwing.</summary>
    public Func<ScriptedPeer, ulong, Task> Before { get; init; } = (_, _) => Task.CompletedTask;

    public static async Task ShakeHandsAsync(ScriptedPeer peer, ulong version)
    {
        Assert.Equal(0x390c9debUL, await peer.FromClient.ReadUInt64Async(default));
        Assert.Equal(0x207UL, await peer.FromClient.ReadUInt64Async(default));
        peer.ToClient.WriteUInt64(0x5452eecb);
        peer.ToClient.WriteUInt64(version);
        await peer.ToClient.FlushAsync(default);
    }

    public async Task RunAsync(ScriptedPeer peer)
    {
        var (from, to) = (peer.FromClient, peer.ToClient);
        await ShakeHandsAsync(peer, version);
        while (await from.PeekUInt64Async(0, default) is not null)
        {
            var command = await from.ReadUInt64Async(default);
            await Before(peer, command);
            store.Requests.Add($"{command}");
            switch (command)
            {
                case 1:
                    var protect = await from.ReadBoolAsync("lock", default);
                    var substitute = await from.ReadBoolAsync("substitute", default);
                    store.Requests[^1] += $" {protect} {substitute}";
                    to.WritePathSet((await FakeStore.ReadPathsAsync(from)).Where(store.Infos.ContainsKey));
                    break;
                case 2:
                    foreach (var path in (await FakeStore.ReadPathsAsync(from)).Where(store.Infos.ContainsKey))
                    {
                        to.WritePath(path);
                        WriteInfo(to, store.Infos[path]);
                    }

                    to.WriteText("");
                    break;
                case 3:
                    to.WriteRaw(store.Nars[await from.ReadPathAsync("path", default)]);
                    break;
                case 8:
                    store.Requests[^1] += $" {await FakeStore.ReadBasicDerivationAsync(from)}";
                    for (var i = 0; i < (_agreed >= 0x207 ? 6 : 5); i++)
                    {
                        store.Requests[^1] += $" {await from.ReadUInt64Async(default)}";
                    }

                    WriteResult(to);
                    break;
                case 9:
                    var info = await FakeStore.ReadValidPathInfoAsync(from);
                    await store.KeepAsync(info, await FakeStore.ReadRawAsync(from, info.NarSize));
                    to.WriteUInt64(1);
                    break;
                default:
                    throw new InvalidDataException($"command {command}");
            }

            await to.FlushAsync(default);
        }
    }

    public static void WriteInfo(WireWriter to, PathInfo info)
    {
        to.WriteOptionalPath(info.Deriver);
        to.WritePathSet(info.References);
        to.WriteUInt64(4711);
        to.WriteNumber(info.NarSize);
        to.WriteText(info.NarHash.ToString());
        to.WriteText(info.ContentAddress ?? "");
        to.WriteSignatures(info.Signatures);
    }

    private void WriteResult(WireWriter to)
    {
        to.WriteUInt64(0);
        to.WriteText("");
        to.WriteUInt64(1);
        to.WriteUInt64(0);
        to.WriteUInt64(1000);
        to.WriteUInt64(1001);
        if (_agreed >= 0x206)
        {
            FakeDaemon.WriteBuiltOutputs(to);
        }
    }
}
