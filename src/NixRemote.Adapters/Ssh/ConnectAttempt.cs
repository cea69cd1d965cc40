using System.Net;
using System.Net.Sockets;
using NixRemote.Transport;
using Renci.SshNet;
using Renci.SshNet.Common;

namespace NixRemote.Adapters.Ssh;

/// <summary>One try to connect: from the name to the end of authentication, within one time limit.</summary>
internal sealed partial class ConnectAttempt
{
    private readonly SshHostConfig _config;
    private readonly SshOptions _options;
    private readonly KnownHosts _knownHosts;
    private readonly string _builder;
    private volatile ConnectPhase _phase;
    private IPAddress[] _addresses = [];
    private EndPoint? _endPoint;
    private IReadOnlyList<Identity> _identities = [];
    private IReadOnlyList<NixRemoteException> _identityProblems = [];
    private PrivateKeyAuthenticationMethod? _authentication;
    private SessionMessages? _messages;
    private HostKey? _hostKey;
    private HostKeyVerdict? _verdict;

    /// <param name="config">The connection.</param>
    /// <param name="options">Who is told decisions.</param>
    /// <param name="knownHosts">What is known about the host.</param>
    /// <param name="builder">The target as the user wrote it.</param>
    public ConnectAttempt(SshHostConfig config, SshOptions options, KnownHosts knownHosts, string builder)
    {
        _config = config;
        _options = options;
        _knownHosts = knownHosts;
        _builder = builder;
    }

    /// <summary>Connects.</summary>
    /// <exception cref="NixRemoteException">All of <see cref="ISshConnector.ConnectAsync"/>.</exception>
    public async Task<ISshSession> RunAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_config.ConnectTimeout);
        try
        {
            _identities = IdentityFiles.Load(_config, _options.Verbose, out _identityProblems);
            _addresses = await TcpDialer.ResolveAsync(_config, limit.Token).ConfigureAwait(false);
            _phase = ConnectPhase.Connecting;
            var socket = await TcpDialer.ConnectAsync(_config, _addresses, limit.Token).ConfigureAwait(false);
            _endPoint = socket.RemoteEndPoint;
            _phase = ConnectPhase.Greeting;
            return await LogInAsync(LoopbackRelay.Start(new NetworkStream(socket, ownsSocket: true)), limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (limit.IsCancellationRequested && e is not NixRemoteException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw TimedOut(e);
        }
        catch (SocketException e)
        {
            throw NotConnected(e);
        }
    }

    private async Task<ISshSession> LogInAsync(LoopbackRelay relay, CancellationToken cancellationToken)
    {
        var client = new SshClient(CreateConnectionInfo(relay));
        client.ServerIdentificationReceived += (_, _) => _phase = ConnectPhase.KeyExchange;
        client.HostKeyReceived += (_, e) => JudgeHostKey(e);

        // SSH.NET blocks while it connects, whatever it is asked for with: it gets a thread. Its own limit is off, since it
        // would also be the limit for each later wait; cutting the relay ends it.
        client.ConnectionInfo.Timeout = Timeout.InfiniteTimeSpan;
        var connecting = Task.Factory.StartNew(client.Connect, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            await connecting.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (_messages is null || _hostKey is null || !client.IsConnected)
            {
                throw new SshConnectionException("The connection was closed during the handshake.");
            }

            var info = client.ConnectionInfo;
            _options.Verbose?.Invoke($"Connected to {_config} ({_endPoint}, {info.ServerVersion}): {info.CurrentKeyExchangeAlgorithm}, "
                + $"{info.CurrentClientEncryption}, host key {_hostKey.Type} {_hostKey.Fingerprint} known from {_verdict?.Entry}.");
            return new SshNetSession(client, relay, _messages, _config, _options, _builder, _hostKey.Fingerprint);
        }
        catch (Exception e)
        {
            relay.Dispose();
            _ = connecting.ContinueWith(
                ended =>
                {
                    _ = ended.Exception;
                    client.Dispose();
                },
                TaskScheduler.Default);
            if (cancellationToken.IsCancellationRequested)
            {
                throw;
            }

            throw Explain(e, relay.Failure);
        }
    }

    private ConnectionInfo CreateConnectionInfo(LoopbackRelay relay)
    {
        _authentication = new PrivateKeyAuthenticationMethod(_config.User, [.. _identities]);
        var info = new ConnectionInfo(
            "127.0.0.1", _config.Port, _config.User, ProxyTypes.Socks5, "127.0.0.1", relay.Port, relay.Secret, relay.Secret, _authentication);
        SshAlgorithms.Arrange(info, _config, _knownHosts);
        for (var i = 0; i < info.KeyExchangeAlgorithms.Count; i++)
        {
            var create = info.KeyExchangeAlgorithms.GetAt(i).Value;
            info.KeyExchangeAlgorithms.SetAt(i, () => new KeyExchangeTap(create(), (session, serverInit) => _messages ??= new(session, serverInit)));
        }

        return info;
    }

    /// <summary>Decides about the host's key; again whenever keys are exchanged anew.</summary>
    private void JudgeHostKey(HostKeyEventArgs e)
    {
        // SSH.NET trusts what nobody objects to.
        e.CanTrust = false;
        if (HostKey.FromBlob(e.HostKey) is not { } key)
        {
            return;
        }

        var verdict = _knownHosts.Check(key);
        (_hostKey, _verdict) = (key, verdict);
        e.CanTrust = verdict.Status == HostKeyStatus.Known;
        if (e.CanTrust)
        {
            _phase = ConnectPhase.Authentication;
        }
    }
}
