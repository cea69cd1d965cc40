using System.Net.Sockets;
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

    private static string Describe(Enum value) => value.ToString().ToLowerInvariant();
}
