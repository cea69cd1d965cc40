namespace NixRemote.StoreObjects;

/// <summary>
/// Bytes that arrive, of which a reader takes exactly as many as belong to it: what it does not take is there for the
/// next reader. One reader at a time.
/// </summary>
public interface IByteSource
{
    /// <summary>Bytes taken so far.</summary>
    long Position { get; }

    /// <summary>
    /// The next bytes without taking them: at least one, as many as are there without waiting; empty only at the end.
    /// They stay valid until <see cref="Advance"/> or the next call. A source that knows why it ended too early may
    /// throw that instead of returning nothing.
    /// </summary>
    ValueTask<ReadOnlyMemory<byte>> PeekAsync(CancellationToken cancellationToken);

    /// <summary>Takes the first <paramref name="count"/> of the bytes that were returned last.</summary>
    void Advance(int count);
}
