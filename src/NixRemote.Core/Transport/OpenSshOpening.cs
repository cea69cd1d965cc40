namespace NixRemote.Transport;

/// <summary>
/// The beginning of a channel of the OpenSSH client, as ssh -v tells it on the standard error that the remote program then has. What
/// ssh says of itself is kept out of that, but for its failures.
/// </summary>
internal sealed class OpenSshOpening
{
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the server has opened the channel and started the command.</summary>
    public Task Opened => _opened.Task;

    /// <summary>Looks at a line of standard error.</summary>
    /// <returns>Whether it is for the user.</returns>
    public bool Take(string line)
    {
        if (_opened.Task.IsCompleted)
        {
            return !line.StartsWith("debug1: mux_client_", StringComparison.Ordinal);
        }

        if (line.StartsWith("debug1: mux_client_request_session: master session id", StringComparison.Ordinal))
        {
            _opened.TrySetResult();
            return false;
        }

        return !line.StartsWith("debug1: ", StringComparison.Ordinal) && !line.StartsWith("OpenSSH_", StringComparison.Ordinal);
    }
}
