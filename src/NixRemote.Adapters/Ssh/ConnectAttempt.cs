using System.Collections.Concurrent;
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
    private readonly ISshRoute? _route;
    private readonly string _builder;
    private readonly IdentityLoader _identityLoader;
    private readonly ConcurrentQueue<(string Method, AuthenticationResult Result)> _passwordAnswers = new();
    private volatile ConnectPhase _phase;
    private IPAddress[] _addresses = [];
    private EndPoint? _endPoint;
    private IdentitySet _identities = IdentitySet.Empty;
    private PublicKeyLogin? _keys;
    private ConnectionInfo? _info;
    private ServerHello? _hello;
    private SessionMessages? _messages;
    private HostKey? _hostKey;
    private HostKeyVerdict? _verdict;
    private string? _certificateProblem;
    private volatile string? _lastWords;

    /// <param name="config">The connection.</param>
    /// <param name="options">Who is told decisions.</param>
    /// <param name="knownHosts">What is known about the host.</param>
    /// <param name="route">The way to the server; null: a connection of our own.</param>
    /// <param name="builder">The target as the user wrote it.</param>
    public ConnectAttempt(SshHostConfig config, SshOptions options, KnownHosts knownHosts, ISshRoute? route, string builder)
    {
        _config = config;
        _options = options;
        _knownHosts = knownHosts;
        _route = route;
        _builder = builder;
        _identityLoader = new IdentityLoader(config, options);
    }

    /// <summary>Connects.</summary>
    /// <exception cref="NixRemoteException">All of <see cref="ISshConnector.ConnectAsync"/>.</exception>
    public async Task<SshNetSession> RunAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_config.ConnectTimeout);
        try
        {
            _identities = await _identityLoader.LoadAsync(limit.Token).ConfigureAwait(false);
            var remote = _route is null ? await DialAsync(limit.Token).ConfigureAwait(false) : await _route.OpenAsync(limit.Token).ConfigureAwait(false);
            if (_route is not null)
            {
                Done(BuilderCheckName.NameResolution, $"'{_config.HostName}' is looked up on the way to it, {_route.Description}.");
                Done(BuilderCheckName.Tcp, $"It is reached {_route.Description}.");
            }

            _phase = ConnectPhase.Greeting;
            return await LogInAsync(LoopbackRelay.Start(remote), limit.Token).ConfigureAwait(false);
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

    private void Done(BuilderCheckName step, string message) => _options.Step?.Invoke(new SshStep(step, message));

    private async Task<Stream> DialAsync(CancellationToken cancellationToken)
    {
        _addresses = await TcpDialer.ResolveAsync(_config, cancellationToken).ConfigureAwait(false);
        Done(BuilderCheckName.NameResolution, $"'{_config.HostName}' is {Addresses}.");
        _phase = ConnectPhase.Connecting;
        var socket = await TcpDialer.ConnectAsync(_config, _addresses, cancellationToken).ConfigureAwait(false);
        _endPoint = socket.RemoteEndPoint;
        Done(BuilderCheckName.Tcp, $"{_endPoint} takes connections.");
        return new NetworkStream(socket, ownsSocket: true);
    }

    private async Task<SshNetSession> LogInAsync(LoopbackRelay relay, CancellationToken cancellationToken)
    {
        _hello = relay.Hello;
        _info = CreateConnectionInfo(relay);
        var client = new SshClient(_info);
        client.ServerIdentificationReceived += (_, _) => _phase = ConnectPhase.KeyExchange;
        client.HostKeyReceived += (_, e) => JudgeHostKey(e);

        // SSH.NET blocks while it connects, whatever it is asked for with: it gets a thread. Its own limit is off, since it
        // would also be the limit for each later wait; cutting the relay ends it.
        _info.Timeout = Timeout.InfiniteTimeSpan;
        var connecting = Task.Factory.StartNew(client.Connect, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            await connecting.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (_messages is null || _hostKey is null || !client.IsConnected)
            {
                throw new SshConnectionException("The connection was closed during the handshake.");
            }

            _options.Verbose?.Invoke($"Connected to {_config} ({_route?.Description ?? _endPoint?.ToString()}, {_info.ServerVersion}): {_info.CurrentKeyExchangeAlgorithm}, "
                + $"{_info.CurrentClientEncryption}, host key {_hostKey.Type} {_hostKey.Fingerprint} known from {_verdict?.Entry}.");
            Done(BuilderCheckName.Authentication, $"Logged in as '{_config.User}'; {Offered}.");
            return new SshNetSession(client, relay, _messages, _config, _options, _builder, _hostKey.Fingerprint);
        }
        catch (Exception e)
        {
            var ended = _phase == ConnectPhase.Greeting && _route is not null && !cancellationToken.IsCancellationRequested
                ? await _route.WhyEndedAsync().ConfigureAwait(false)
                : null;
            relay.Dispose();
            _ = connecting.ContinueWith(
                done =>
                {
                    _ = done.Exception;
                    client.Dispose();
                },
                TaskScheduler.Default);
            if (cancellationToken.IsCancellationRequested)
            {
                throw;
            }

            throw ended ?? Explain(e, relay.Failure);
        }
    }

    private ConnectionInfo CreateConnectionInfo(LoopbackRelay relay)
    {
        _keys = new PublicKeyLogin(_config.User, _identities.Identities, _identities.LeftOut);
        var info = new ConnectionInfo(
            "127.0.0.1", _config.Port, _config.User, ProxyTypes.Socks5, "127.0.0.1", relay.Port, relay.Secret, relay.Secret,
            [_keys, .. PasswordMethods()]);

        // Its banner of every login comes before the first key is asked for a signature.
        info.AuthenticationBanner += (_, e) => _lastWords = _keys.HasSigned ? StandardErrorLog.StripControlSequences(e.BannerMessage).ReplaceLineEndings(" ").Trim() : null;
        SshAlgorithms.Arrange(info, _config, _knownHosts);
        for (var i = 0; i < info.KeyExchangeAlgorithms.Count; i++)
        {
            var create = info.KeyExchangeAlgorithms.GetAt(i).Value;
            info.KeyExchangeAlgorithms.SetAt(i, () => new KeyExchangeTap(create(), (session, serverInit) => _messages ??= new(session, serverInit)));
        }

        return info;
    }

    /// <summary>The password of -Credential: as it is, and as the answer to a single hidden question.</summary>
    private IEnumerable<AuthenticationMethod> PasswordMethods()
    {
        if (_options.Credential is not { } credential || credential.Password.Length == 0)
        {
            yield break;
        }

        yield return new PasswordLogin(_config.User, credential.Password, Answered);
        yield return new QuestionLogin(_config.User, credential.Password, Answered);

        void Answered(string method, AuthenticationResult result) => _passwordAnswers.Enqueue((method, result));
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

        var verdict = e.Certificate is { } certificate ? JudgeCertificate(certificate, key) : _knownHosts.Check(key);
        _hostKey = key;
        if (verdict.Status == HostKeyStatus.Unknown && !_knownHosts.IsPinned && _config.HostKeyChecking != HostKeyChecking.Strict)
        {
            verdict = Accept(key, verdict);
        }

        _verdict = verdict;
        Done(BuilderCheckName.SshHandshake, $"{_info!.ServerVersion} agrees on {_info.CurrentKeyExchangeAlgorithm} and {_info.CurrentClientEncryption}.");
        e.CanTrust = verdict.Status == HostKeyStatus.Known;
        if (e.CanTrust)
        {
            Done(BuilderCheckName.HostKey, $"It has the host key {key.Type} {key.Fingerprint}, known from {verdict.Entry?.ToString() ?? "now on"}.");
            _phase = ConnectPhase.Authentication;
        }
    }

    /// <summary>A certificate that is right for the host and signed by a trusted authority; else the key alone counts, as in OpenSSH.</summary>
    private HostKeyVerdict JudgeCertificate(Renci.SshNet.Security.Certificate certificate, HostKey key)
    {
        var plain = _knownHosts.Check(key);
        if (plain.Status == HostKeyStatus.Revoked || HostKey.FromBlob(certificate.CertificateAuthorityKey) is not { } authority)
        {
            return plain;
        }

        var trust = _knownHosts.CheckAuthority(authority);
        if (trust.Status != HostKeyStatus.Known)
        {
            return trust.Status == HostKeyStatus.Revoked ? trust : plain;
        }

        var name = _config.HostKeyAlias ?? _config.HostName;
        _certificateProblem = certificate.Type != Renci.SshNet.Security.Certificate.CertificateType.Host ? "it is a user's, not a host's"
            : certificate.CriticalOptions.Count > 0 ? $"it has the unknown critical option '{certificate.CriticalOptions.Keys.First()}'"
            : certificate.ValidPrincipals.Count > 0 && !certificate.ValidPrincipals.Any(principal => SshPattern.Matches(name, principal))
                ? $"it is for {string.Join(", ", certificate.ValidPrincipals)}, not for '{name}'"
            : null;
        return _certificateProblem is null ? trust : plain;
    }

    /// <summary>Adds the key of a host of which nothing is known.</summary>
    private HostKeyVerdict Accept(HostKey key, HostKeyVerdict verdict)
    {
        if (_config.HostKeyChecking == HostKeyChecking.Off)
        {
            _options.Warning?.Invoke($"StrictHostKeyChecking no: the host key of '{_knownHosts.Name}' ({key.Type} {key.Fingerprint}) is accepted without a check; "
                + "a changed key would be refused.");
        }

        try
        {
            var file = KnownHostsFile.Add(_config, key);
            _options.Warning?.Invoke(file is null
                ? $"The host key of '{_knownHosts.Name}', {key.Type} {key.Fingerprint}, is accepted; no known_hosts file is configured to remember it."
                : $"The host key of '{_knownHosts.Name}', {key.Type} {key.Fingerprint}, was not known and is added to '{file}'.");
        }
        catch (NixRemoteException e)
        {
            // As OpenSSH: the user wants it accepted, and it will be asked for again.
            _options.Warning?.Invoke(e.Message);
        }

        return verdict with { Status = HostKeyStatus.Known };
    }
}
