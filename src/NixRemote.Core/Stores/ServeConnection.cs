using NixRemote.StoreObjects;
using NixRemote.Transport;

namespace NixRemote.Stores;

/// <summary>
/// A client of the serve protocol, <c>nix-store --serve --write</c> (wire.md §3), versions 2.5 to 2.7. Strictly requests
/// and answers; what a build prints comes on standard error. An error ends the server: it is read from standard error.
/// </summary>
public sealed partial class ServeConnection : StoreConnection
{
    private const ulong ClientMagic = 0x390c9deb;
    private const ulong ServerMagic = 0x5452eecb;

    /// <summary>What we announce. At least 2.6: servers 2.4 to 2.10 send the built outputs to everybody (wire.md §3.6).</summary>
    private static readonly ProtocolVersion _announced = new(2, 7);

    private static readonly ProtocolVersion _oldest = new(2, 5);

    private ServeConnection(IDuplexChannel channel, string name)
        : base(channel, name)
    {
    }

    private enum Command : ulong
    {
        QueryValidPaths = 1,
        QueryPathInfos = 2,
        DumpStorePath = 3,
        BuildPaths = 6,
        BuildDerivation = 8,
        AddToStoreNar = 9,
    }

    /// <summary>Agrees on the protocol over a fresh channel.</summary>
    /// <param name="channel">The channel; owned from here on, also if this fails.</param>
    /// <param name="name">The store as the user wrote it, for messages.</param>
    /// <param name="cancellationToken">Ends the wait for the remote.</param>
    /// <exception cref="NixRemoteException">RemoteProgramNotFound, RemoteOutputBeforeProtocol, ProtocolTooOld, RemoteDied,
    /// ProtocolViolation, ConnectionLost.</exception>
    public static Task<ServeConnection> OpenAsync(IDuplexChannel channel, string name, CancellationToken cancellationToken) =>
        OpenAsync(new ServeConnection(channel, name), cancellationToken);

    // Handshake (wire.md §3.1):
    //   client: u64 0x390c9deb, u64 clientVersion     server: u64 0x5452eecb, u64 serverVersion
    /// <inheritdoc/>
    private protected override async Task<StoreConnectionInfo> ShakeHandsAsync(CancellationToken cancellationToken)
    {
        var (version, peer) = await ExchangeVersionsAsync(
            StoreProtocol.Serve, (ClientMagic, ServerMagic), (_oldest, _announced), cancellationToken).ConfigureAwait(false);
        return new StoreConnectionInfo(StoreProtocol.Serve, version, peer, null, TrustLevel.Unknown, NoFeatures);
    }

    // QueryValidPaths (wire.md §3.3 #1): u64 1, bool lock, bool substitute, set<path> → set<path> the valid ones
    /// <inheritdoc/>
    public override Task<IReadOnlySet<StorePath>> QueryValidPathsAsync(
        IReadOnlyCollection<StorePath> paths, bool protect, bool substitute, CancellationToken cancellationToken) =>
        RunAsync<IReadOnlySet<StorePath>>(ConnectionPhase.Query, async token =>
        {
            var valid = new HashSet<StorePath>();
            await PipelineAsync(
                [.. paths.Chunk(WireLimits.PathsPerRequest)],
                chunk =>
                {
                    WriteCommand(Command.QueryValidPaths);
                    Writer.WriteBool(protect);
                    Writer.WriteBool(substitute);
                    Writer.WritePathSet(chunk);
                },
                async (chunk, stop) => await ReadSubsetAsync(chunk, valid, stop).ConfigureAwait(false),
                token).ConfigureAwait(false);
            return valid;
        }, cancellationToken);

    // QueryPathInfos (wire.md §3.3 #2): u64 2, set<path> → for each valid path: path, PathInfo (§3.4); then the empty string
    /// <inheritdoc/>
    public override Task<IReadOnlyDictionary<StorePath, PathInfo>> QueryPathInfosAsync(
        IReadOnlyCollection<StorePath> paths, CancellationToken cancellationToken) =>
        RunAsync<IReadOnlyDictionary<StorePath, PathInfo>>(ConnectionPhase.Query, async token =>
        {
            var infos = new Dictionary<StorePath, PathInfo>();
            await PipelineAsync(
                [.. paths.Chunk(WireLimits.PathsPerRequest)],
                chunk =>
                {
                    WriteCommand(Command.QueryPathInfos);
                    Writer.WritePathSet(chunk);
                },
                async (chunk, stop) =>
                {
                    var asked = chunk.ToHashSet();
                    for (var offset = Reader.Position; ; offset = Reader.Position)
                    {
                        if (await Reader.ReadOptionalPathAsync("a path", stop).ConfigureAwait(false) is not { } path)
                        {
                            return;
                        }

                        if (!asked.Remove(path))
                        {
                            throw WireReader.Violation(offset, $"an info of '{path}' was not asked for, or came before");
                        }

                        infos.Add(path, await Reader.ReadServePathInfoAsync(path, stop).ConfigureAwait(false));
                    }
                },
                token).ConfigureAwait(false);
            return infos;
        }, cancellationToken);

    // AddToStoreNar (wire.md §3.3 #9): u64 9, ValidPathInfo, narSize raw bytes of the archive → u64 1
    /// <inheritdoc/>
    public override Task AddPathsAsync(int count, IAsyncEnumerable<NarItem> items, CancellationToken cancellationToken) =>
        RunAsync(ConnectionPhase.Upload, async token =>
        {
            await UploadEachAsync(count, items, SendAsync, ReadOneAsync, GiveUpAsync, token).ConfigureAwait(false);
            return true;
        }, cancellationToken);

    /// <inheritdoc/>
    private protected override Task<bool> AnswersAsync() => Task.FromResult(false);

    // DumpStorePath (wire.md §3.3 #3): u64 3, path → the archive, unframed
    /// <inheritdoc/>
    private protected override void WriteNarRequest(StorePath path)
    {
        WriteCommand(Command.DumpStorePath);
        Writer.WritePath(path);
    }

    /// <inheritdoc/>
    private protected override ValueTask ReadNarAnswerAsync(StorePath path, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    private async Task SendAsync(NarItem item, CancellationToken cancellationToken)
    {
        WriteCommand(Command.AddToStoreNar);
        Writer.WriteValidPathInfo(item.Info);
        await Writer.CopyRawAsync(item.Nar, item.Info.NarSize, cancellationToken, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask ReadOneAsync(StorePath path, CancellationToken cancellationToken)
    {
        var offset = Reader.Position;
        var answer = await Reader.ReadUInt64Async(cancellationToken).ConfigureAwait(false);
        if (answer != 1)
        {
            throw WireReader.Violation(offset, $"the answer to adding '{path}' must be 1, but is {answer}");
        }
    }

    // In the middle of an archive only the end of our stream tells the server that no more comes. It ends, then, but
    // keeps what was complete.
    private async Task GiveUpAsync(bool inArchive)
    {
        await Writer.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        if (inArchive)
        {
            Break();
            await Channel.Output.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void WriteCommand(Command command) => Writer.WriteUInt64((ulong)command);
}
