using NixRemote.StoreObjects;

namespace NixRemote.Stores;

public sealed partial class WorkerConnection
{
    // The most that one answer to READ carries, however much the daemon would take.
    private const int ReadAnswerBytes = 64 * 1024;

    /// <inheritdoc/>
    /// <remarks>Signatures are not asked for; the daemon does, if our user is not trusted.</remarks>
    public override Task AddPathsAsync(int count, IAsyncEnumerable<NarItem> items, CancellationToken cancellationToken) =>
        RunAsync(ConnectionPhase.Upload, async token =>
        {
            if (!Since(23))
            {
                await ForEachItemAsync(count, items, item => AddByReadAsync(item, token), token, token).ConfigureAwait(false);
            }
            else if (!Since(32))
            {
                await UploadEachAsync(count, items, SendFramedAsync, ReadAddedAsync, GiveUpAsync, token).ConfigureAwait(false);
            }
            else if (count > 0)
            {
                await AddMultipleAsync(count, items, token).ConfigureAwait(false);
            }

            return true;
        }, cancellationToken);

    // AddMultipleToStore, ≥ 1.32 (wire.md §4.5): u64 44, bool repair, bool dontCheckSigs,
    //   framed: u64 count, per path ValidPathInfo and its archive → messages (all the time)
    private async Task AddMultipleAsync(int count, IAsyncEnumerable<NarItem> items, CancellationToken cancellationToken)
    {
        UploadSourceException? sourceFailure = null;
        try
        {
            await DuplexAsync(SendAsync, stop => ReadMessagesAsync(null, stop).AsTask(), cancellationToken).ConfigureAwait(false);
        }
        catch (NixRemoteException) when (sourceFailure is not null)
        {
            // That the daemon does not like half an upload is our doing. It has kept what was complete.
        }

        if (sourceFailure is not null)
        {
            throw sourceFailure;
        }

        async Task SendAsync(CancellationToken stop)
        {
            WriteOperation(Operation.AddMultipleToStore);
            Writer.WriteBool(false);
            Writer.WriteBool(true);
            using var frames = new FramedWriter(Writer, Break);
            try
            {
                Writer.WriteNumber(count);
                await ForEachItemAsync(count, items, async item =>
                {
                    Writer.WriteValidPathInfo(item.Info);
                    await Writer.CopyRawAsync(item.Nar, item.Info.NarSize, stop, cancellationToken).ConfigureAwait(false);
                }, stop, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is UploadSourceException or OperationCanceledException && stop.IsCancellationRequested)
            {
                // The daemon has answered with an error. It still waits for the end of the stream.
                cancellationToken.ThrowIfCancellationRequested();
            }
            catch (UploadSourceException failure)
            {
                sourceFailure = failure;
            }

            frames.Complete();
            await Writer.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    // AddToStoreNar, ≥ 1.23 (wire.md §4.5): u64 39, ValidPathInfo, bool repair, bool dontCheckSigs, framed archive → messages
    private async Task SendFramedAsync(NarItem item, CancellationToken cancellationToken)
    {
        WriteAddToStoreNar(item.Info);
        using var frames = new FramedWriter(Writer, Break);
        try
        {
            await Writer.CopyRawAsync(item.Nar, item.Info.NarSize, cancellationToken, cancellationToken).ConfigureAwait(false);
        }
        catch (UploadSourceException)
        {
            frames.Complete();
            throw;
        }

        frames.Complete();
    }

    private ValueTask ReadAddedAsync(StorePath path, CancellationToken cancellationToken) => ReadMessagesAsync(null, cancellationToken);

    // The archive's framed stream was ended, so that the daemon answers it, with an error, like all before.
    private Task GiveUpAsync(bool inArchive) => Writer.FlushAsync(CancellationToken.None).AsTask();

    // AddToStoreNar, 1.21 and 1.22 (wire.md §4.5): u64 39, ValidPathInfo, bool repair, bool dontCheckSigs → messages;
    //   each READ n among them is answered with one string of at most n bytes of the archive
    private async Task AddByReadAsync(NarItem item, CancellationToken cancellationToken)
    {
        WriteAddToStoreNar(item.Info);
        await Writer.FlushAsync(cancellationToken).ConfigureAwait(false);
        var buffer = new byte[ReadAnswerBytes];
        await ReadMessagesAsync(null, cancellationToken, async wanted =>
        {
            var room = (int)Math.Min(wanted, ReadAnswerBytes);
            var read = await UploadSourceException.ReadAsync(item.Nar, buffer.AsMemory(0, room), cancellationToken).ConfigureAwait(false);
            Writer.WriteBytes(buffer.AsSpan(0, read));
            await Writer.FlushAsync(cancellationToken).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    private void WriteAddToStoreNar(PathInfo info)
    {
        WriteOperation(Operation.AddToStoreNar);
        Writer.WriteValidPathInfo(info);
        Writer.WriteBool(false);
        Writer.WriteBool(true);
    }
}
