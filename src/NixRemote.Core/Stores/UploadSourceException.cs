namespace NixRemote.Stores;

/// <summary>Tells a failure of where an upload comes from apart from one of where it goes. It never leaves the room: the
/// connection throws the original instead.</summary>
internal sealed class UploadSourceException : Exception
{
    private UploadSourceException(Exception cause)
        : base(cause.Message, cause)
    {
    }

    /// <summary>Whether a part of an archive was written when it happened.</summary>
    public bool InArchive { get; set; }

    /// <summary>Reads from the source.</summary>
    public static async ValueTask<int> ReadAsync(Stream source, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            throw new UploadSourceException(exception);
        }
    }

    /// <summary>Asks the source for its next item.</summary>
    public static async ValueTask<bool> MoveNextAsync<T>(IAsyncEnumerator<T> source)
    {
        try
        {
            return await source.MoveNextAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            throw new UploadSourceException(exception);
        }
    }

    /// <summary>An archive of another size than its info says.</summary>
    public static UploadSourceException WrongSize(long promised, string what) =>
        new(new NixRemoteException(NixErrors.NarSizeMismatch, $"The archive must have {promised} bytes, but {what}."));

    /// <summary>Another number of items than was said.</summary>
    public static UploadSourceException WrongCount(int promised, int actual) =>
        new(new ArgumentException($"{promised} paths were announced, but {actual} came.", "items"));
}
