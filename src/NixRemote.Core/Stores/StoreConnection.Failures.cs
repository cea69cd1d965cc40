using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using NixRemote.Transport;

namespace NixRemote.Stores;

public abstract partial class StoreConnection
{
    // A dead remote's exit status and last lines travel apart from its last bytes; they are waited for this long.
    private protected static readonly TimeSpan LastWordsTime = TimeSpan.FromSeconds(2);

    /// <summary>Turns whatever ended an operation into the failure that the caller sees, and breaks the connection unless
    /// it is still in step.</summary>
    private protected async Task<Exception> ExplainAsync(Exception exception, ConnectionPhase phase, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            Abort();
            return new OperationCanceledException($"The {Describe(phase)} on {Name} was cancelled.", exception, cancellationToken);
        }

        switch (exception)
        {
            case UploadSourceException source:
                if (!InStep)
                {
                    Abort();
                }

                return source.InnerException!;
            case IOException or SocketException or ObjectDisposedException:
                return await ExplainDeathAsync(exception, phase).ConfigureAwait(false);
            case NixRemoteException failure:
                if (!InStep || !await AnswersAsync().ConfigureAwait(false))
                {
                    Abort();
                }

                failure.Builder ??= Name;
                failure.StandardErrorTail ??= Channel.StandardError.Tail();
                return failure;
            default:
                Abort();
                return exception;
        }
    }

    /// <summary>Whether the remote still serves requests after it answered one with an error. Asked once, at once.</summary>
    private protected abstract Task<bool> AnswersAsync();

    /// <summary>Sends the first words. A remote that is dead already is found out by reading: its text says why.</summary>
    private protected async Task FlushGreetingAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Writer.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException) when (!cancellationToken.IsCancellationRequested)
        {
            Break();
        }
    }

    /// <summary>Reads the version word: major × 256 + minor.</summary>
    private protected async Task<ProtocolVersion> ReadVersionAsync(CancellationToken cancellationToken)
    {
        var word = await Reader.ReadNumberAsync(ushort.MaxValue, "the protocol version", cancellationToken).ConfigureAwait(false);
        return ProtocolVersion.FromWire((ulong)word);
    }

    /// <summary>The version that both sides speak.</summary>
    /// <exception cref="NixRemoteException">ProtocolTooOld.</exception>
    private protected ProtocolVersion Agree(StoreProtocol protocol, ProtocolVersion peer, ProtocolVersion announced, ProtocolVersion oldest)
    {
        if (peer.Major != announced.Major || peer < oldest)
        {
            var name = protocol.ToString().ToLowerInvariant();
            throw new NixRemoteException(NixErrors.ProtocolTooOld,
                $"{Name} speaks version {peer} of the {name} protocol; {oldest} to {announced} are possible.");
        }

        return peer < announced ? peer : announced;
    }

    /// <summary>Reads the first word of the remote, which no text can be taken for.</summary>
    private protected async Task ReadMagicAsync(ulong magic, CancellationToken cancellationToken)
    {
        // Waits for the first byte as long as the caller does: a machine may be slow to start. What has begun comes at once.
        await Reader.PeekAsync(cancellationToken).ConfigureAwait(false);
        ulong? word = null;
        using (var soon = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
        {
            soon.CancelAfter(LastWordsTime);
            try
            {
                word = await Reader.PeekUInt64Async(0, soon.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (IsEndOrTimeout(exception, cancellationToken))
            {
                // Less than a word, and no more: it is shown as what it is.
                Break();
            }
        }

        if (word == magic)
        {
            await Reader.ReadUInt64Async(cancellationToken).ConfigureAwait(false);
            return;
        }

        var stray = await ReadStrayOutputAsync(magic, cancellationToken).ConfigureAwait(false);
        var text = StandardErrorLog.StripControlSequences(Encoding.UTF8.GetString(stray)).Trim();
        if (text.Length == 0 || text.Any(c => char.IsControl(c) && !char.IsWhiteSpace(c)))
        {
            var first = Convert.ToHexString(stray.AsSpan(0, Math.Min(16, stray.Length)));
            throw WireReader.Violation(0, $"the word {magic:x} must come first, not the bytes {first}");
        }

        throw new NixRemoteException(NixErrors.RemoteOutputBeforeProtocol, $"{Name} wrote this where the protocol begins: {text}");
    }

    // What came instead of the protocol: until the remote ends, its greeting is over (the magic), or it is long enough.
    private async Task<byte[]> ReadStrayOutputAsync(ulong magic, CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        enough.CancelAfter(LastWordsTime);
        var word = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(word, magic);
        var stray = new MemoryStream();
        try
        {
            // A shell that waits for commands ends with its input.
            await Channel.Output.DisposeAsync().ConfigureAwait(false);
            while (stray.Length < WireLimits.StrayOutputBytes)
            {
                var bytes = await Reader.PeekAsync(enough.Token).ConfigureAwait(false);
                stray.Write(bytes.Span);
                Reader.Advance(bytes.Length);
                if (stray.GetBuffer().AsSpan(0, (int)stray.Length).IndexOf(word) is >= 0 and var end)
                {
                    stray.SetLength(end);
                    break;
                }
            }
        }
        catch (Exception exception) when (IsEndOrTimeout(exception, cancellationToken))
        {
            // The text has ended, or no more of it came in time: what is there is shown.
            Break();
        }

        return stray.Length <= WireLimits.StrayOutputBytes ? stray.ToArray() : stray.ToArray()[..WireLimits.StrayOutputBytes];
    }

    private static bool IsEndOrTimeout(Exception exception, CancellationToken cancellationToken) =>
        exception is IOException or OperationCanceledException && !cancellationToken.IsCancellationRequested;

    private async Task<NixRemoteException> ExplainDeathAsync(Exception cause, ConnectionPhase phase)
    {
        Break();
        await SettleAsync(Task.WhenAll(Channel.Exited, Channel.StandardError.Ended)).ConfigureAwait(false);
        var status = Channel.Exited.IsCompletedSuccessfully ? await Channel.Exited.ConfigureAwait(false) : null;
        var tail = Channel.StandardError.Tail();
        Abort();

        var words = RemoteErrorText.TellingLine(tail);
        var definition = words is null ? null : RemoteErrorText.Recognise(words);
        if (phase == ConnectionPhase.Handshake && (status == 127 || (words is not null && RemoteErrorText.SaysProgramNotFound(words))))
        {
            definition = NixErrors.RemoteProgramNotFound;
        }

        var end = status is null ? "ended" : $"ended with exit status {status}";
        return new NixRemoteException(definition ?? NixErrors.RemoteDied,
            $"{Channel.Description} {end} during the {Describe(phase)}{(words is null ? "." : ": " + RemoteErrorText.Bare(words))}", cause)
        {
            Builder = Name,
            StandardErrorTail = tail,
        };
    }

    /// <summary>Waits for a task to end, in whatever way, within <see cref="LastWordsTime"/>.</summary>
    private static async Task SettleAsync(Task task) =>
        await task.WaitAsync(LastWordsTime).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private static string Describe(ConnectionPhase phase) => phase.ToString().ToLowerInvariant();
}
