namespace NixRemote.Transport;

/// <summary>One connection of the OpenSSH client, kept by its master process; each channel is a client of that.</summary>
internal sealed class OpenSshSession : ISshSession
{
    private static readonly TimeSpan _endsWithItsChannels = TimeSpan.FromMilliseconds(500);

    private readonly ProcessChannel _master;
    private readonly OpenSshCommand _command;
    private readonly SshHostConfig _config;
    private readonly SshOptions _options;
    private readonly string _builder;
    private readonly DirectoryInfo _folder;
    private readonly object _lock = new();
    private readonly HashSet<OpenSshChannel> _channels = [];
    private Task? _disposing;

    /// <param name="master">Connected and authenticated.</param>
    /// <param name="command">The command lines.</param>
    /// <param name="config">The connection.</param>
    /// <param name="options">Who is told decisions.</param>
    /// <param name="builder">The target as the user wrote it.</param>
    /// <param name="fingerprint">The host key's.</param>
    /// <param name="folder">The connection's own folder.</param>
    public OpenSshSession(
        ProcessChannel master, OpenSshCommand command, SshHostConfig config, SshOptions options, string builder, string fingerprint, DirectoryInfo folder)
    {
        _master = master;
        _command = command;
        _config = config;
        _options = options;
        _builder = builder;
        _folder = folder;
        HostKeyFingerprint = fingerprint;
    }

    /// <inheritdoc/>
    public string Description => _config.ToString();

    /// <inheritdoc/>
    public bool IsConnected => !_master.Exited.IsCompleted && Volatile.Read(ref _disposing) is null;

    /// <inheritdoc/>
    public string HostKeyFingerprint { get; }

    /// <inheritdoc/>
    public async Task<IDuplexChannel> ExecuteAsync(string command, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(command);
        cancellationToken.ThrowIfCancellationRequested();
        var opening = new OpenSshOpening();
        var channel = Start(command, opening);
        try
        {
            // Where each channel is a connection of its own, nothing tells that it is made; a failure then comes with the first read.
            if (OpenSshCommand.HasMasters)
            {
                await Task.WhenAny(opening.Opened, channel.Exited).WaitAsync(cancellationToken).ConfigureAwait(false);
                if (!opening.Opened.IsCompleted && await channel.WhyEndedAsync().ConfigureAwait(false) is { } failure)
                {
                    throw failure;
                }
            }

            return channel;
        }
        catch
        {
            await channel.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private OpenSshChannel Start(string command, OpenSshOpening opening)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposing is not null, this);
            if (_master.Exited.IsCompleted)
            {
                throw Lost("its ssh has ended");
            }

            var process = ProcessChannel.Start(_command.Channel(command), _command.Environment, $"{command} on {Description}", opening.Take);
            var channel = new OpenSshChannel(process, this);
            _channels.Add(channel);
            return channel;
        }
    }

    /// <summary>Whether the connection is gone, or going: its channels may end a little earlier than its master.</summary>
    public async Task<bool> IsLostAsync()
    {
        await ((Task)_master.Exited).WaitAsync(_endsWithItsChannels).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !IsConnected;
    }

    /// <summary>That the connection is gone.</summary>
    public NixRemoteException Lost(string reason) => new(NixErrors.ConnectionLost, $"The connection to {Description} is lost: {reason}.")
    {
        Builder = _builder,
        StandardErrorTail = _master.StandardError.Tail(),
    };

    /// <summary>A failure of one channel.</summary>
    public NixRemoteException Failure(ErrorDefinition definition, string message, string? tail) => new(definition, message) { Builder = _builder, StandardErrorTail = tail };

    /// <summary>Takes a channel that was disposed off the list.</summary>
    public void Forget(OpenSshChannel channel)
    {
        lock (_lock)
        {
            _channels.Remove(channel);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            return new ValueTask(_disposing ??= DisposeCoreAsync());
        }
    }

    private async Task DisposeCoreAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        OpenSshChannel[] channels;
        lock (_lock)
        {
            channels = [.. _channels];
        }

        await Task.WhenAll(channels.Select(channel => channel.DisposeAsync().AsTask())).ConfigureAwait(false);
        await _master.KillAsync().ConfigureAwait(false);
        try
        {
            _folder.Delete(recursive: true);
        }
        catch (IOException e)
        {
            // A socket that ssh itself removes at the same time.
            _options.Verbose?.Invoke($"'{_folder.FullName}' is left behind: {e.Message}");
        }
    }
}
