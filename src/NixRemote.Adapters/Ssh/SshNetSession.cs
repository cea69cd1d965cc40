using System.Collections.Concurrent;
using System.Net.Sockets;
using NixRemote.Transport;
using Renci.SshNet;
using Renci.SshNet.Common;
using Renci.SshNet.Messages;
using Renci.SshNet.Messages.Transport;

namespace NixRemote.Adapters.Ssh;

/// <summary>One authenticated connection through SSH.NET, with channels of our own on it.</summary>
internal sealed partial class SshNetSession : ISshSession
{
    private readonly SshClient _client;
    private readonly LoopbackRelay? _relay;
    private readonly SemaphoreSlim? _turns;
    private readonly SessionMessages _messages;
    private readonly SshHostConfig _config;
    private readonly SshOptions _options;
    private readonly string _builder;
    private readonly ConcurrentDictionary<uint, ExecChannel> _channels = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly object _lock = new();
    private NixRemoteException? _failure;
    private Task? _disposing;
    private volatile bool _isDisposed;
    private int _lastNumber;

    // Numbers of channels on adopted connections, far from those that SSH.NET itself gives there.
    private static int _lastAdoptedNumber = 0x4E000000;

    /// <param name="client">Connected and authenticated.</param>
    /// <param name="relay">What it is connected through; null: the connection is somebody else's.</param>
    /// <param name="messages">Sends messages on it.</param>
    /// <param name="config">The connection.</param>
    /// <param name="options">Who is told decisions.</param>
    /// <param name="builder">The target as the user wrote it.</param>
    /// <param name="fingerprint">The host key's.</param>
    public SshNetSession(
        SshClient client, LoopbackRelay? relay, SessionMessages messages, SshHostConfig config, SshOptions options, string builder, string fingerprint)
    {
        _client = client;
        _relay = relay;
        _messages = messages;
        _config = config;
        _options = options;
        _builder = builder;
        HostKeyFingerprint = fingerprint;
        Target = config.ToString();
        Subscribe();
        if (relay is not null)
        {
            _ = KeepAliveAsync(relay);
        }
        else
        {
            _turns = _turnsOfAdopted.GetValue(messages.Target, static _ => new SemaphoreSlim(SshChannelPool.ChannelsPerSession));
        }
    }

    /// <summary><c>user@host:port</c>.</summary>
    public string Target { get; }

    /// <inheritdoc/>
    public string Description => Target;

    /// <inheritdoc/>
    public bool IsConnected => Volatile.Read(ref _failure) is null && !_isDisposed;

    /// <inheritdoc/>
    public string HostKeyFingerprint { get; }

    /// <inheritdoc/>
    public Task<IDuplexChannel> ExecuteAsync(string command, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(command);
        return OpenAsync(number => new ExecChannel(this, number, command, new SessionOpenInfo(), command), cancellationToken);
    }

    /// <summary>Has the server connect to another one; the channel is that connection.</summary>
    /// <param name="host">The name or address of the other server, as the first one knows it.</param>
    /// <param name="port">Its port.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="NixRemoteException">ChannelRefused: it does not, or cannot. ConnectionLost.</exception>
    public Task<IDuplexChannel> ForwardAsync(string host, int port, CancellationToken cancellationToken) => OpenAsync(
        number => new ExecChannel(this, number, null, new ForwardOpenInfo(host, (uint)port), $"a connection to {host}:{port}"), cancellationToken);

    private async Task<IDuplexChannel> OpenAsync(Func<uint, ExecChannel> create, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await OpenOnceAsync(create, cancellationToken).ConfigureAwait(false);
            }
            catch (NixRemoteException e) when (_turns is not null && attempt < SshLimits.AdoptedOpenAttempts && e.Definition == NixErrors.ChannelRefused)
            {
                // sshd gives a closed channel's place back only when it has handled all that it has read, and it may have read
                // the opening of the next one too. Where the connection is somebody else's there is no other that could take it.
                _options.Verbose?.Invoke($"{e.Message} It is asked once more.");
            }
        }
    }

    private async Task<IDuplexChannel> OpenOnceAsync(Func<uint, ExecChannel> create, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFailed();
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_channels.Count >= SshLimits.MaxChannels)
        {
            throw Failure(NixErrors.ChannelRefused, $"The connection to {Target} has {_channels.Count} open channels already.");
        }

        if (_turns is not null)
        {
            await _turns.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        var channel = create((uint)(_relay is null ? Interlocked.Increment(ref _lastAdoptedNumber) : Interlocked.Increment(ref _lastNumber)));
        if (_turns is not null)
        {
            // sshd counts a channel until both sides have closed it.
            _ = channel.Closed.ContinueWith(
                _ =>
                {
                    channel.SendClose();
                    _turns.Release();
                },
                CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }

        _channels[channel.Number] = channel;
        try
        {
            // A failure after the channel was added reaches it; one before it was is seen here.
            ThrowIfFailed();
            await channel.OpenAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (NixRemoteException e)
        {
            _channels.TryRemove(channel.Number, out _);
            channel.OnConnectionLost(e);
            throw;
        }

        return channel;
    }

    /// <summary>Waits while the link does not take what was sent.</summary>
    /// <param name="bytes">What will be sent; 0: wait until the server has taken all there is.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task WaitForUplinkAsync(int bytes, CancellationToken cancellationToken) =>
        _relay?.WaitForUplinkAsync(bytes, cancellationToken) ?? Task.CompletedTask;

    /// <summary>Sends a message.</summary>
    /// <exception cref="NixRemoteException">ConnectionLost.</exception>
    public void Send(Message message)
    {
        ThrowIfFailed();
        try
        {
            _messages.Send(message);
        }
        catch (Exception e) when (e is SshException or SocketException or ObjectDisposedException or NullReferenceException)
        {
            // SSH.NET has taken its socket apart in the meantime, and does not say so in one way.
            GiveUp(Reason(e), e);
            ThrowIfFailed();
        }
    }

    /// <summary>Sends a message whose loss nobody would notice on a connection that is lost.</summary>
    public void TrySend(Message message)
    {
        try
        {
            Send(message);
        }
        catch (NixRemoteException e) when (e.Definition == NixErrors.ConnectionLost)
        {
            _options.Verbose?.Invoke(e.Message);
        }
    }

    /// <summary>Does something off the thread of SSH.NET, which must never wait.</summary>
    public void InBackground(Func<Task> work) => _ = Task.Run(async () =>
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (Exception e) when (e is NixRemoteException or OperationCanceledException)
        {
            _options.Verbose?.Invoke(e.Message);
        }
    });

    /// <summary>As <see cref="InBackground(Func{Task})"/>.</summary>
    public void InBackground(Action work) => InBackground(() =>
    {
        work();
        return Task.CompletedTask;
    });

    /// <summary>Cuts the connection if a channel that cannot be closed is the only one on it.</summary>
    public void GiveUpIfUnused(ExecChannel channel)
    {
        if (_channels.Keys.All(number => number == channel.Number))
        {
            GiveUp("the server takes no more bytes");
        }
    }

    /// <summary>A failure of this connection.</summary>
    public NixRemoteException Failure(ErrorDefinition definition, string message, Exception? inner = null) =>
        new(definition, message, inner) { Builder = _builder };

    /// <summary>Cuts the connection.</summary>
    /// <returns>The failure that all channels are told.</returns>
    public NixRemoteException GiveUp(string reason, Exception? inner = null)
    {
        var failure = Lost(reason, inner);
        Fail(failure);
        return failure;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            return new ValueTask(_disposing ??= DisposeCoreAsync());
        }
    }

    /// <summary>Ends the connection for all channels, once.</summary>
    private void Fail(NixRemoteException failure)
    {
        if (Interlocked.CompareExchange(ref _failure, failure, null) is not null)
        {
            return;
        }

        _options.Verbose?.Invoke(failure.Message);
        _relay?.Dispose();
        foreach (var channel in _channels.Values)
        {
            channel.OnConnectionLost(failure);
        }

        _channels.Clear();
    }

    private NixRemoteException Lost(string reason, Exception? inner) =>
        Failure(NixErrors.ConnectionLost, $"The connection to {Target} is lost: {reason}.", inner);

    private void ThrowIfFailed()
    {
        if (Volatile.Read(ref _failure) is { } failure)
        {
            throw SshFailures.Again(failure);
        }
    }

    private string Reason(Exception exception) =>
        (_relay?.Failure ?? exception).Message.TrimEnd('.') is var text && text.Contains("aborted by the server", StringComparison.Ordinal)
            ? "the server closed it"
            : StandardErrorLog.StripControlSequences(text);

    private async Task DisposeCoreAsync()
    {
        _isDisposed = true;
        await Task.WhenAll(_channels.Values.Select(channel => channel.DisposeAsync().AsTask())).ConfigureAwait(false);
        await _ended.CancelAsync().ConfigureAwait(false);
        if (_relay is null)
        {
            Unsubscribe();
            return;
        }

        // SSH.NET says goodbye and waits for its thread, on a thread that may block; cut if it takes too long.
        var goodbye = Task.Factory.StartNew(_client.Dispose, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Task.WhenAny(goodbye, Task.Delay(SshLimits.DisconnectTimeout)).ConfigureAwait(false);
        _relay.Dispose();
        await goodbye.ConfigureAwait(false);
    }
}
