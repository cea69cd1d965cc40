using System.Text;

namespace NixRemote.Transport;

/// <summary>What a program said that was run to its end.</summary>
/// <param name="ExitCode">Its exit status; null if it is not known.</param>
/// <param name="Text">Its standard output.</param>
/// <param name="StandardErrorTail">The last lines of its standard error; null if there were none.</param>
public sealed record ProgramOutput(int? ExitCode, string Text, string? StandardErrorTail)
{
    /// <summary>What a shell says of a program that is not there.</summary>
    public const int NotFoundExitCode = 127;

    private static readonly TimeSpan _errorDrains = TimeSpan.FromSeconds(1);

    /// <summary>Runs the program at the other end of a channel to its end, without input. The channel stays the caller's.</summary>
    /// <param name="channel">The program.</param>
    /// <param name="limit">Bytes of output that are taken at most.</param>
    /// <param name="cancellationToken">Ends the wait; disposing the channel ends the program.</param>
    /// <exception cref="NixRemoteException">LimitExceeded: it says more than that. ConnectionLost, ChannelRefused.</exception>
    public static async Task<ProgramOutput> ReadAsync(IDuplexChannel channel, int limit, CancellationToken cancellationToken)
    {
        await channel.Output.DisposeAsync().ConfigureAwait(false);
        using var output = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int read; (read = await channel.Input.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
        {
            if (output.Length + read > limit)
            {
                throw new NixRemoteException(NixErrors.LimitExceeded, $"{channel.Description} says more than {limit} bytes.");
            }

            output.Write(buffer, 0, read);
        }

        var exitCode = await channel.Exited.WaitAsync(cancellationToken).ConfigureAwait(false);
        await channel.StandardError.Ended.WaitAsync(_errorDrains, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        return new ProgramOutput(exitCode, Encoding.UTF8.GetString(output.GetBuffer(), 0, (int)output.Length), channel.StandardError.Tail());
    }
}
