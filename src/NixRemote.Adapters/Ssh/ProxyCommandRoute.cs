using NixRemote.Transport;

namespace NixRemote.Adapters.Ssh;

/// <summary>Through a command whose standard input and output are the connection, run by the user's shell as ssh does.</summary>
/// <param name="config">The server, and its ProxyCommand.</param>
internal sealed class ProxyCommandRoute(SshHostConfig config) : ISshRoute
{
    private static readonly TimeSpan _endsAfterItsOutput = TimeSpan.FromMilliseconds(500);

    private ProcessChannel? _process;

    /// <inheritdoc/>
    public string Description => $"through '{config.ProxyCommandLine}'";

    /// <inheritdoc/>
    public Task<Stream> OpenAsync(CancellationToken cancellationToken)
    {
        var shell = Environment.GetEnvironmentVariable("SHELL");
        string[] command = OperatingSystem.IsWindows()
            ? [Environment.GetEnvironmentVariable("COMSPEC") ?? "cmd.exe", "/c", config.ProxyCommandLine!]
            : [string.IsNullOrEmpty(shell) ? "/bin/sh" : shell, "-c", "exec " + config.ProxyCommandLine];
        try
        {
            _process = ProcessChannel.Start(command, description: config.ProxyCommandLine);
        }
        catch (NixRemoteException e)
        {
            throw new NixRemoteException(NixErrors.ProxyCommandFailed, $"The ProxyCommand of '{config.OriginalHost}' cannot be run: {e.Message}", e);
        }

        return Task.FromResult<Stream>(new ChannelStream(_process, null));
    }

    /// <inheritdoc/>
    public async ValueTask<NixRemoteException?> WhyEndedAsync()
    {
        if (_process is not { } process)
        {
            return null;
        }

        await Task.WhenAll(process.Exited, process.StandardError.Ended).WaitAsync(_endsAfterItsOutput).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var how = process.Exited.IsCompletedSuccessfully ? $"ended with exit status {process.Exited.Result}" : "closed its output";
        var words = process.StandardError.Tail(3) is { } tail ? $": {tail.ReplaceLineEndings(" ")}" : "";
        return new NixRemoteException(NixErrors.ProxyCommandFailed,
            $"The ProxyCommand of '{config.OriginalHost}', '{config.ProxyCommandLine}', {how} before a server answered{words}.")
        {
            StandardErrorTail = process.StandardError.Tail(),
        };
    }
}
