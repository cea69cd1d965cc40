using NixRemote.StoreObjects;

namespace NixRemote.Stores;

public sealed partial class WorkerConnection
{
    // The first token of an archive, "nix-archive-1": its length, and its bytes with length and padding.
    private const int NarMagicLength = 13;
    private const int NarMagicBytes = 24;

    // IsValidPath (wire.md §4.4): u64 1, path → messages, bool
    /// <summary>Whether one path is valid.</summary>
    public Task<bool> IsValidPathAsync(StorePath path, CancellationToken cancellationToken) =>
        RunAsync(ConnectionPhase.Query, async token =>
        {
            WriteOperation(Operation.IsValidPath);
            Writer.WritePath(path);
            await Writer.FlushAsync(token).ConfigureAwait(false);
            await ReadMessagesAsync(null, token).ConfigureAwait(false);
            return await Reader.ReadBoolAsync("validity", token).ConfigureAwait(false);
        }, cancellationToken);

    // AddTempRoot (wire.md §4.4): u64 11, path → messages, u64 1
    // QueryValidPaths (wire.md §4.4): u64 31, set<path>, ≥ 1.27: bool substitute → messages, set<path>
    /// <inheritdoc/>
    /// <remarks>Protected paths become temporary roots of this connection: those that are valid, for what is added later the
    /// daemon protects itself. A daemon before 1.27 does not substitute.</remarks>
    public override Task<IReadOnlySet<StorePath>> QueryValidPathsAsync(
        IReadOnlyCollection<StorePath> paths, bool protect, bool substitute, CancellationToken cancellationToken) =>
        RunAsync<IReadOnlySet<StorePath>>(ConnectionPhase.Query, async token =>
        {
            var valid = await AskForValidAsync(paths, substitute, token).ConfigureAwait(false);
            if (!protect || valid.Count == 0)
            {
                return valid;
            }

            await PipelineAsync(valid, WriteAddTempRoot, ReadAddTempRootAsync, token).ConfigureAwait(false);

            // Some may have been collected before their root was there.
            return await AskForValidAsync(valid, substitute: false, token).ConfigureAwait(false);
        }, cancellationToken);

    private async Task<HashSet<StorePath>> AskForValidAsync(IReadOnlyCollection<StorePath> paths, bool substitute, CancellationToken cancellationToken)
    {
        var valid = new HashSet<StorePath>();
        await PipelineAsync(
            [.. paths.Chunk(WireLimits.PathsPerRequest)],
            chunk => WriteQueryValidPaths(chunk, substitute),
            async (chunk, stop) =>
            {
                await ReadMessagesAsync(null, stop).ConfigureAwait(false);
                await ReadSubsetAsync(chunk, valid, stop).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        return valid;
    }

    // AddSignatures (wire.md §4.4): u64 37, path, set<string> signatures → messages, u64 1
    /// <inheritdoc/>
    /// <remarks>A daemon adds what it is given: it does not verify signatures that it does not know the key of.</remarks>
    public Task AddSignaturesAsync(StorePath path, IReadOnlyCollection<string> signatures, CancellationToken cancellationToken) =>
        RunAsync(ConnectionPhase.Query, async token =>
        {
            WriteOperation(Operation.AddSignatures);
            Writer.WritePath(path);
            Writer.WriteSignatures(signatures);
            await Writer.FlushAsync(token).ConfigureAwait(false);
            await ReadMessagesAsync(null, token).ConfigureAwait(false);
            return await Reader.ReadUInt64Async(token).ConfigureAwait(false);
        }, cancellationToken);

    // QueryPathInfo (wire.md §4.4): u64 26, path → messages, bool valid, if valid: UnkeyedValidPathInfo (§4.6)
    /// <inheritdoc/>
    public override Task<IReadOnlyDictionary<StorePath, PathInfo>> QueryPathInfosAsync(
        IReadOnlyCollection<StorePath> paths, CancellationToken cancellationToken) =>
        RunAsync<IReadOnlyDictionary<StorePath, PathInfo>>(ConnectionPhase.Query, async token =>
        {
            var infos = new Dictionary<StorePath, PathInfo>();
            await PipelineAsync(
                paths,
                path =>
                {
                    WriteOperation(Operation.QueryPathInfo);
                    Writer.WritePath(path);
                },
                async (path, stop) =>
                {
                    await ReadMessagesAsync(null, stop).ConfigureAwait(false);
                    if (await Reader.ReadBoolAsync("validity", stop).ConfigureAwait(false))
                    {
                        infos[path] = await Reader.ReadWorkerPathInfoAsync(path, stop).ConfigureAwait(false);
                    }
                },
                token).ConfigureAwait(false);
            return infos;
        }, cancellationToken);

    // A daemon goes on after an error that happened while it worked, and closes after one in the arguments: asking for no
    // path at all tells which (wire.md §4.2).
    /// <inheritdoc/>
    private protected override async Task<bool> AnswersAsync()
    {
        if (!IsOpen)
        {
            return false;
        }

        using var limit = new CancellationTokenSource(LastWordsTime);
        try
        {
            WriteQueryValidPaths([], substitute: false);
            await Writer.FlushAsync(limit.Token).ConfigureAwait(false);
            await ReadMessagesAsync(null, limit.Token).ConfigureAwait(false);
            await Reader.ReadPathSetAsync(0, "valid paths", limit.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or NixRemoteException or OperationCanceledException)
        {
            return false;
        }
    }

    // NarFromPath (wire.md §4.4): u64 38, path → messages, the archive, unframed
    /// <inheritdoc/>
    private protected override void WriteNarRequest(StorePath path)
    {
        WriteOperation(Operation.NarFromPath);
        Writer.WritePath(path);
    }

    // LAST comes before the daemon opens the path. That a path has become invalid meanwhile is told by an ERROR where the
    // archive would begin (Nix 2.34), or after its first token (Nix 2.8, 2.26).
    /// <inheritdoc/>
    private protected override async ValueTask ReadNarAnswerAsync(StorePath path, CancellationToken cancellationToken)
    {
        await ReadMessagesAsync(null, cancellationToken).ConfigureAwait(false);
        var offset = Reader.Position;
        var word = await Reader.PeekUInt64Async(0, cancellationToken).ConfigureAwait(false);
        var begun = word == NarMagicLength;
        if (begun)
        {
            word = await Reader.PeekUInt64Async(NarMagicBytes, cancellationToken).ConfigureAwait(false);
        }

        if (word == (ulong)MessageTag.Error)
        {
            Reader.Advance((begun ? NarMagicBytes : 0) + 8);
            throw await ReadErrorAsync(cancellationToken).ConfigureAwait(false);
        }

        if (!begun && word is not null)
        {
            throw WireReader.Violation(offset, $"the archive of '{path}' must begin here, not the word {word:x}");
        }
    }

    private void WriteAddTempRoot(StorePath path)
    {
        WriteOperation(Operation.AddTempRoot);
        Writer.WritePath(path);
    }

    private async ValueTask ReadAddTempRootAsync(StorePath path, CancellationToken cancellationToken)
    {
        await ReadMessagesAsync(null, cancellationToken).ConfigureAwait(false);
        await Reader.ReadUInt64Async(cancellationToken).ConfigureAwait(false);
    }

    private void WriteQueryValidPaths(IEnumerable<StorePath> paths, bool substitute)
    {
        WriteOperation(Operation.QueryValidPaths);
        Writer.WritePathSet(paths);
        if (Since(27))
        {
            Writer.WriteBool(substitute);
        }
    }
}
