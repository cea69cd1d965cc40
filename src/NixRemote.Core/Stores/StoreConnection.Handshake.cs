using System.Buffers.Binary;
using System.Text;
using NixRemote.Transport;

namespace NixRemote.Stores;

public abstract partial class StoreConnection
{
    /// <summary>The beginning that both protocols share: each side's magic and version (wire.md §3.1, §4.1).</summary>
    /// <param name="protocol">Which protocol it is.</param>
    /// <param name="magics">Our first word and the remote's.</param>
    /// <param name="versions">The oldest version that we speak, and the one that we announce.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The version that both speak, and the one that the remote announced.</returns>
    /// <exception cref="NixRemoteException">ProtocolTooOld, RemoteOutputBeforeProtocol, ProtocolViolation.</exception>
    private protected async Task<(ProtocolVersion Agreed, ProtocolVersion Peer)> ExchangeVersionsAsync(
        StoreProtocol protocol,
        (ulong Client, ulong Server) magics,
        (ProtocolVersion Oldest, ProtocolVersion Announced) versions,
        CancellationToken cancellationToken)
    {
        Writer.WriteUInt64(magics.Client);
        Writer.WriteUInt64(versions.Announced.ToWire());
        await FlushGreetingAsync(cancellationToken).ConfigureAwait(false);
        await ReadMagicAsync(magics.Server, cancellationToken).ConfigureAwait(false);
        var word = await Reader.ReadNumberAsync(ushort.MaxValue, "the protocol version", cancellationToken).ConfigureAwait(false);
        var peer = ProtocolVersion.FromWire((ulong)word);
        if (peer.Major != versions.Announced.Major || peer < versions.Oldest)
        {
            throw new NixRemoteException(NixErrors.ProtocolTooOld,
                $"{Name} speaks version {peer} of the {Describe(protocol)} protocol; {versions.Oldest} to {versions.Announced} are possible.");
        }

        return (peer < versions.Announced ? peer : versions.Announced, peer);
    }

    // A remote that is dead already is found out by reading: its text says why.
    private async Task FlushGreetingAsync(CancellationToken cancellationToken)
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

    // Reads the first word of the remote, which no text can be taken for.
    private async Task ReadMagicAsync(ulong magic, CancellationToken cancellationToken)
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

        if (RemoteErrorText.SaysNoLogin(text))
        {
            throw new NixRemoteException(NixErrors.LoginShellRefuses, $"{Name} runs no command for this user; it says: {text}");
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
}
