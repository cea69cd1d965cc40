using System.Threading.Channels;
using NixRemote.StoreObjects;

namespace NixRemote.Stores;

public abstract partial class StoreConnection
{
    /// <summary>Writes one request for each item without waiting for answers, and reads the answers at the same time.</summary>
    /// <param name="items">The items.</param>
    /// <param name="write">Writes the request of one item.</param>
    /// <param name="read">Reads the answer of one item.</param>
    /// <param name="cancellationToken">Ends it.</param>
    private protected async Task PipelineAsync<T>(
        IReadOnlyCollection<T> items, Action<T> write, Func<T, CancellationToken, ValueTask> read, CancellationToken cancellationToken)
    {
        var window = new PipelineWindow(WireLimits.RequestsInFlight, long.MaxValue);
        try
        {
            await DuplexAsync(SendAsync, ReceiveAsync, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            // More answers are on their way.
            InStep = false;
            throw;
        }

        Task SendAsync(CancellationToken token) => SendRequestsAsync(items, static _ => 0, write, window, token);

        async Task ReceiveAsync(CancellationToken token)
        {
            foreach (var item in items)
            {
                await read(item, token).ConfigureAwait(false);
                window.Leave(0);
            }
        }
    }

    /// <summary>Reads the valid ones of a set of paths that was asked about, and adds them to <paramref name="valid"/>.</summary>
    /// <exception cref="ProtocolException">ProtocolViolation: one that was not asked about.</exception>
    private protected async ValueTask ReadSubsetAsync(StorePath[] asked, HashSet<StorePath> valid, CancellationToken cancellationToken)
    {
        var offset = Reader.Position;
        var answer = await Reader.ReadPathSetAsync(asked.Length, "valid paths", cancellationToken).ConfigureAwait(false);
        answer.ExceptWith(valid);
        foreach (var path in asked)
        {
            if (answer.Remove(path))
            {
                valid.Add(path);
            }
        }

        if (answer.Count > 0)
        {
            throw WireReader.Violation(offset, $"'{answer.Min}' was not asked about");
        }
    }

    /// <summary>Writes one request for each item as soon as the window has room for its answer.</summary>
    private protected async Task SendRequestsAsync<T>(
        IEnumerable<T> items, Func<T, long> weight, Action<T> write, PipelineWindow window, CancellationToken cancellationToken)
    {
        foreach (var item in items)
        {
            var bytes = weight(item);
            while (!window.TryEnter(bytes))
            {
                await Writer.FlushAsync(cancellationToken).ConfigureAwait(false);
                await window.WaitAsync(bytes, cancellationToken).ConfigureAwait(false);
            }

            write(item);
            await Writer.SendFullAsync(cancellationToken).ConfigureAwait(false);
        }

        await Writer.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Uploads with one request and one answer a path: requests are written without waiting, answers are read at
    /// the same time.</summary>
    /// <param name="count">How many items come.</param>
    /// <param name="items">The items.</param>
    /// <param name="send">Writes the request of one item with its archive.</param>
    /// <param name="receive">Reads the answer for one path.</param>
    /// <param name="giveUp">Called when the source failed, with whether that was in the middle of an archive: lets the
    /// remote end what it has got.</param>
    /// <param name="cancellationToken">Ends it.</param>
    private protected async Task UploadEachAsync(
        int count,
        IAsyncEnumerable<NarItem> items,
        Func<NarItem, CancellationToken, Task> send,
        Func<StorePath, CancellationToken, ValueTask> receive,
        Func<bool, Task> giveUp,
        CancellationToken cancellationToken)
    {
        var waiting = System.Threading.Channels.Channel.CreateBounded<StorePath>(WireLimits.UploadsInFlight);
        UploadSourceException? sourceFailure = null;
        try
        {
            await DuplexAsync(SendAsync, ReceiveAsync, cancellationToken).ConfigureAwait(false);
            InStep = sourceFailure is { InArchive: false };
        }
        catch (Exception exception) when (sourceFailure is not null && exception is not OperationCanceledException)
        {
            // That the remote does not like half an archive is our doing.
            InStep = false;
        }

        if (sourceFailure is not null)
        {
            throw sourceFailure;
        }

        async Task SendAsync(CancellationToken token)
        {
            var inArchive = false;
            try
            {
                await ForEachItemAsync(count, items, async item =>
                {
                    if (!waiting.Writer.TryWrite(item.Info.Path))
                    {
                        await Writer.FlushAsync(token).ConfigureAwait(false);
                        await waiting.Writer.WriteAsync(item.Info.Path, token).ConfigureAwait(false);
                    }

                    inArchive = true;
                    await send(item, token).ConfigureAwait(false);
                    inArchive = false;
                }, token, token).ConfigureAwait(false);
                await Writer.FlushAsync(token).ConfigureAwait(false);
            }
            catch (UploadSourceException failure) when (!token.IsCancellationRequested)
            {
                // What is complete is kept: the remote answers it before the upload fails.
                sourceFailure = failure;
                failure.InArchive = inArchive;
                await giveUp(inArchive).ConfigureAwait(false);
            }
            finally
            {
                waiting.Writer.Complete();
            }
        }

        async Task ReceiveAsync(CancellationToken token)
        {
            await foreach (var path in waiting.Reader.ReadAllAsync(token))
            {
                await receive(path, token).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Goes through the items of an upload. Where the next one has to be waited for, what is written leaves first.</summary>
    /// <param name="count">How many there must be.</param>
    /// <param name="items">The items.</param>
    /// <param name="send">Writes one.</param>
    /// <param name="stop">Ends the source.</param>
    /// <param name="cancellationToken">Ends writing.</param>
    /// <exception cref="UploadSourceException">The source failed, or there are more or fewer items.</exception>
    private protected async Task ForEachItemAsync(
        int count, IAsyncEnumerable<NarItem> items, Func<NarItem, Task> send, CancellationToken stop, CancellationToken cancellationToken)
    {
        var sent = 0;
        using var sourceStop = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await using var source = items.GetAsyncEnumerator(sourceStop.Token);
        while (true)
        {
            var next = UploadSourceException.MoveNextAsync(source).AsTask();
            if (!next.IsCompleted)
            {
                try
                {
                    await Writer.FlushAsync(cancellationToken).ConfigureAwait(false);
                }
                catch
                {
                    // The source must not be left in the middle of its step.
                    await sourceStop.CancelAsync().ConfigureAwait(false);
                    await SettleAsync(next).ConfigureAwait(false);
                    throw;
                }
            }

            if (!await next.ConfigureAwait(false))
            {
                break;
            }

            if (sent == count)
            {
                throw UploadSourceException.WrongCount(count, sent + 1);
            }

            await send(source.Current).ConfigureAwait(false);
            sent++;
        }

        if (sent < count)
        {
            throw UploadSourceException.WrongCount(count, sent);
        }
    }

    /// <summary>Sends and receives at the same time. If one side fails, the other one is ended; what the remote said counts
    /// more than a write that it no longer took.</summary>
    private protected async Task DuplexAsync(
        Func<CancellationToken, Task> send, Func<CancellationToken, Task> receive, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sending = send(stop.Token);
        var receiving = receive(stop.Token);
        if (await Task.WhenAny(sending, receiving).ConfigureAwait(false) == sending && !sending.IsCompletedSuccessfully)
        {
            await SettleAsync(receiving).ConfigureAwait(false);
            if (!receiving.IsCompleted)
            {
                Abort();
                await SettleAsync(receiving).ConfigureAwait(false);
                await sending.ConfigureAwait(false);
            }
        }

        try
        {
            await receiving.ConfigureAwait(false);
        }
        catch
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await SettleAsync(sending).ConfigureAwait(false);
            InStep &= sending.IsCompletedSuccessfully;
            throw;
        }

        await sending.ConfigureAwait(false);
    }
}
