using NixRemote.StoreObjects;

namespace NixRemote.Transport;

/// <summary>A program that the OpenSSH client runs on the other machine.</summary>
internal sealed class OpenSshChannel : IDuplexChannel
{
    /// <summary>What ssh ends with when it, and not the program, has failed.</summary>
    private const int FailureOfSsh = 255;

    private static readonly TimeSpan _endsAfterItsOutput = TimeSpan.FromSeconds(1);

    private readonly ProcessChannel _process;
    private readonly OpenSshSession _session;

    /// <param name="process">ssh.</param>
    /// <param name="session">Whose channel it is.</param>
    public OpenSshChannel(ProcessChannel process, OpenSshSession session)
    {
        _process = process;
        _session = session;
        Input = new Receiving(this);
    }

    /// <inheritdoc/>
    public string Description => _process.Description;

    /// <inheritdoc/>
    public Stream Input { get; }

    /// <inheritdoc/>
    public Stream Output => _process.Output;

    /// <inheritdoc/>
    public StandardErrorLog StandardError => _process.StandardError;

    /// <inheritdoc/>
    public Task<int?> Exited => _process.Exited;

    /// <inheritdoc/>
    public void Abort() => _process.Abort();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _session.Forget(this);
        await _process.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Whether the end of the output is the program's, or that of the connection.</summary>
    internal async Task<NixRemoteException?> WhyEndedAsync()
    {
        await Task.WhenAll(_process.Exited, _process.StandardError.Ended).WaitAsync(_endsAfterItsOutput).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_process.Exited.IsCompletedSuccessfully || _process.Exited.Result != FailureOfSsh)
        {
            return null;
        }

        var tail = StandardError.Tail() ?? "";
        return tail.Contains("open refused by peer", StringComparison.Ordinal) || tail.Contains("Session open refused", StringComparison.Ordinal) || tail.Contains("open failed", StringComparison.Ordinal)
            ? _session.Failure(NixErrors.ChannelRefused, $"{_session.Description} refused to open another channel: {tail.Split('\n')[0].TrimEnd('.')}.", tail)
            : tail.Contains("exec request failed", StringComparison.Ordinal) || tail.Contains("command execution failed", StringComparison.Ordinal)
            ? _session.Failure(NixErrors.CommandRefused, $"{_session.Description} refused to run '{Description}'.", tail)
            : await _session.IsLostAsync().ConfigureAwait(false) ? _session.Lost(tail.Length > 0 ? tail.Split('\n')[^1].TrimEnd('.') : "its ssh has ended")
            : null;
    }

    private sealed class Receiving(OpenSshChannel channel) : AsyncReadStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await channel._process.Input.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            return read > 0 || buffer.IsEmpty ? read : await channel.WhyEndedAsync().ConfigureAwait(false) is { } failure ? throw failure : 0;
        }
    }
}
