using System.Net.Sockets;
using NixRemote.Transport;
using Renci.SshNet;
using Renci.SshNet.Common;
using Renci.SshNet.Messages.Transport;

namespace NixRemote.Adapters.Ssh;

/// <summary>What went wrong, by name.</summary>
internal sealed partial class ConnectAttempt
{
    private string Where => _route is not null ? $"{_config.HostName}:{_config.Port} {_route.Description}"
        : _endPoint is null ? $"{_config.HostName}:{_config.Port}"
        : $"{_config.HostName} ({_endPoint})";

    private string Addresses => string.Join(", ", _addresses.Select(address => address.ToString()));

    private NixRemoteException TimedOut(Exception cause)
    {
        var (definition, doing) = _phase switch
        {
            _ when _phase < ConnectPhase.Greeting && _route is not null => (NixErrors.ConnectionTimeout, $"going {_route.Description}"),
            ConnectPhase.Resolving => (NixErrors.ConnectionTimeout, $"the name '{_config.HostName}' was looked up"),
            ConnectPhase.Connecting => (NixErrors.ConnectionTimeout, $"{Addresses} port {_config.Port} was asked for a connection"),
            ConnectPhase.Greeting => (NixErrors.ServerSilent, "the SSH server's first line was awaited"),
            ConnectPhase.KeyExchange => (NixErrors.HandshakeTimeout, "keys were exchanged"),
            _ => (NixErrors.AuthenticationTimeout, $"logging in as {_config.User}"),
        };
        return new NixRemoteException(definition, $"{Where} did not answer within {_config.ConnectTimeout.TotalSeconds:0.###} s, while {doing}.", cause);
    }

    private NixRemoteException NotConnected(SocketException e) => e.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => new NixRemoteException(NixErrors.ConnectionRefused,
            $"{_config.HostName} ({Addresses}) refuses connections to port {_config.Port}.", e),
        SocketError.TimedOut => TimedOut(e),
        _ => new NixRemoteException(NixErrors.HostUnreachable, $"{Where} ({Addresses}) cannot be reached: {e.Message.TrimEnd('.')}.", e),
    };

    private NixRemoteException Explain(Exception e, Exception? relayFailure)
    {
        switch (e)
        {
            case NixRemoteException known:
                return known;
            case var _ when _verdict is { Status: not HostKeyStatus.Known }:
                return BadHostKey(e);
            case SshAuthenticationException:
                return Rejected(e, e.Message);
            case SshConnectionException disconnected when _phase == ConnectPhase.Authentication && IsRefusal(disconnected):
                return e.Message.Contains("Too many", StringComparison.OrdinalIgnoreCase) ? TooManyKeys(e) : Rejected(e, e.Message);
        }

        var reason = StandardErrorLog.StripControlSequences((relayFailure ?? e).Message).TrimEnd('.');
        return _phase switch
        {
            // sshd tells what PAM says of the account, and then hangs up; where PAM says nothing, that is not to be told from a connection that breaks.
            ConnectPhase.Authentication when _lastWords is { Length: > 0 } words => new NixRemoteException(NixErrors.AccountRefused,
                $"{Where} took the key of '{_config.User}', and hung up with the words: {words}", e),
            ConnectPhase.Authentication => new NixRemoteException(NixErrors.AuthenticationInterrupted,
                $"{Where} ended the connection while '{_config.User}' was logging in, and did not say whether it lets him in ({reason}); {_keys?.Describe()}.", e),
            ConnectPhase.Greeting => NotGreeted(e, reason),
            _ => NothingInCommon(e)
                ?? (_info!.CurrentHostKeyAlgorithm?.EndsWith(SshPublicKeys.CertificateSuffix, StringComparison.Ordinal) == true && _verdict is null
                    ? new NixRemoteException(NixErrors.HostCertificateInvalid, $"{Where} shows a host certificate that is not valid, or not any more: {reason}.", e)
                    : null)
                ?? new NixRemoteException(NixErrors.SshHandshakeFailed, $"{Where} and this client did not agree: {reason}.", e),
        };
    }

    /// <summary>What came instead of an SSH server's first line.</summary>
    private NixRemoteException NotGreeted(Exception e, string reason)
    {
        var line = _hello?.FirstLine ?? "";
        return line switch
        {
            "" => new NixRemoteException(NixErrors.ConnectionDropped, $"{Where} closed the connection before it said anything: {reason}.", e),
            _ when line.Contains("MaxStartups", StringComparison.Ordinal) =>
                new NixRemoteException(NixErrors.ServerBusy, $"{Where} takes no more connections for now: it says '{line}'.", e),
            // OpenSSH 9.8 and later has one text for MaxStartups and for addresses that it has shut out.
            _ when line.StartsWith("Not allowed at this time", StringComparison.Ordinal) =>
                new NixRemoteException(NixErrors.ServerBusy, $"{Where} takes no connections from here for now (MaxStartups or PerSourcePenalties): it says '{line}'.", e)
                {
                    RecommendedAction = "If logins from here have failed lately, wait a minute: OpenSSH 9.8 and later shuts such addresses out (PerSourcePenalties). "
                        + "Otherwise raise MaxStartups in its sshd_config, or lower the builder's job count.",
                },
            _ => new NixRemoteException(NixErrors.NotAnSshServer, $"{Where} did not greet as an SSH server of version 2: it says '{line}'.", e),
        };
    }

    /// <summary>The first of the algorithms that both must agree on and cannot; null if there is none.</summary>
    private NixRemoteException? NothingInCommon(Exception e)
    {
        if (_hello?.Algorithms is not { } theirs || _info is null)
        {
            return null;
        }

        NixRemoteException? Compare(ErrorDefinition definition, string what, string option, ICollection<string> ours, IReadOnlyList<string> their) =>
            ours.Intersect(their).Any() ? null : new NixRemoteException(definition,
                $"{Where} and this client have no {what} in common: it offers {string.Join(", ", their)}; {option} here is {string.Join(", ", ours)}.", e);

        return Compare(NixErrors.NoCommonKeyExchange, "key exchange", "KexAlgorithms", _info.KeyExchangeAlgorithms.Keys, theirs[0])
            ?? Compare(NixErrors.NoCommonHostKeyAlgorithm, "host key algorithm", "HostKeyAlgorithms", _info.HostKeyAlgorithms.Keys, theirs[1])
            ?? Compare(NixErrors.NoCommonCipher, "cipher", "Ciphers", _info.Encryptions.Keys, theirs[2])
            ?? Compare(NixErrors.NoCommonCipher, "cipher", "Ciphers", _info.Encryptions.Keys, theirs[3])
            ?? Compare(NixErrors.NoCommonMac, "message authentication code", "MACs", _info.HmacAlgorithms.Keys, theirs[4])
            ?? Compare(NixErrors.NoCommonMac, "message authentication code", "MACs", _info.HmacAlgorithms.Keys, theirs[5]);
    }

    /// <summary>sshd gives reason 2 (protocol error) for too many keys, 14 for what the standard foresees.</summary>
    private static bool IsRefusal(SshConnectionException e) =>
        e.DisconnectReason is DisconnectReason.NoMoreAuthenticationMethodsAvailable or DisconnectReason.ProtocolError or DisconnectReason.IllegalUserName;

    /// <summary>What the server answered to each key, and to the password by each method it was tried with.</summary>
    private string Offered => (_keys?.Describe(hungUp: true) ?? "it did not come to keys")
        + string.Concat(_passwordAnswers.Select(answer => $"; it {(answer.Result == AuthenticationResult.Failure ? "refused" : "accepted")} the password ({answer.Method})"));

    private NixRemoteException TooManyKeys(Exception e) => new(NixErrors.TooManyKeys,
        $"{Where} does not let '{_config.User}' in: {e.Message.TrimEnd('.')}; {Offered}.", e);

    private NixRemoteException Rejected(Exception e, string reason)
    {
        var identities = _identities;
        var problems = identities.Problems;
        if (identities.Identities.Count == 0 && _options.Credential is null && WhyNoKey() is { } why)
        {
            return new NixRemoteException(why.Definition, $"{_config.User}@{Where} lets nobody in without a key. {Unusable}", e)
            {
                Target = why.Target,
                RecommendedAction = why.Definition == NixErrors.IdentityFileMissing && problems.Count > 1
                    ? "Make a key (ssh-keygen, or Register-NixBuilder -NewKey), or name one that is there: the builder's ssh-key, or IdentityFile in ~/.ssh/config."
                    : why.RecommendedAction,
            };
        }

        var allowed = _keys?.AllowedAuthentications is { Length: > 0 } methods ? $"; it allows {string.Join(", ", methods)}" : "";
        if (_identityLoader.Refusals is [var refusal, ..])
        {
            return new NixRemoteException(NixErrors.AgentRefused, $"{Where} does not let '{_config.User}' in: {refusal.Message} {Offered}{allowed}.", e)
            {
                Target = refusal.Target,
            };
        }

        // SSH.NET says so when the server names only methods that were not given, at first or after one of them.
        if (reason.StartsWith("No suitable authentication method", StringComparison.Ordinal))
        {
            return new NixRemoteException(NixErrors.AuthenticationMethodMissing, $"{Where} does not let '{_config.User}' in yet: {reason.TrimEnd('.')}; {Offered}.", e);
        }

        var rejected = new NixRemoteException(NixErrors.AuthenticationRejected,
            $"{Where} does not let '{_config.User}' in: {reason.TrimEnd('.')}; {Offered}{allowed}.{(problems.Count == 0 ? "" : " " + Unusable)}", e);
        if (HasPassword)
        {
            rejected.RecommendedAction = "Check the user and the password of -Credential; or put a public key into the user's authorized_keys there.";
        }

        return rejected;
    }

    private bool HasPassword => _options.Credential is { Password.Length: > 0 };

    /// <summary>Why there are no more keys: what is wrong with each, and in one sentence the files that are not there, of which some are only usual names.</summary>
    private string Unusable
    {
        get
        {
            var missing = _identities.Problems.Where(p => p.Definition == NixErrors.IdentityFileMissing).ToList();
            var others = missing.Count < 2 ? _identities.Problems : _identities.Problems.Except(missing);
            return string.Join(' ', others.Concat(_identities.AgentProblem is null ? [] : [_identities.AgentProblem]).Select(p => p.Message)
                .Concat(missing.Count < 2 ? [] : [$"None of these identity files exists: {string.Join(", ", missing.Select(p => p.Target))}."]));
        }
    }

    /// <summary>What kept us from having a key: the file that is there and cannot be used, else the agent, else the file that is not there.</summary>
    private NixRemoteException? WhyNoKey() =>
        _identities.Problems.FirstOrDefault(problem => problem.Definition != NixErrors.IdentityFileMissing)
        ?? _identities.AgentProblem
        ?? _identities.Problems.FirstOrDefault();

    private NixRemoteException BadHostKey(Exception e)
    {
        var (status, entry) = _verdict!.Value;
        var shown = $"{Where} shows the host key {_hostKey!.Type} {_hostKey.Fingerprint}";
        var name = _knownHosts.Name;
        var files = string.Join(", ", _knownHosts.Files);
        var file = _config.UserKnownHostsFiles.FirstOrDefault() ?? "known_hosts";
        switch (status)
        {
            case HostKeyStatus.Revoked:
                return new NixRemoteException(NixErrors.HostKeyRevoked, $"{shown}, which {entry} marks as revoked.", e) { Target = name };
            case HostKeyStatus.Changed when _knownHosts.IsPinned:
                return new NixRemoteException(NixErrors.HostKeyChanged, $"{shown}, but {entry!.File} pins {entry.Key.Type} {entry.Key.Fingerprint}.", e)
                {
                    Target = name,
                    RecommendedAction = "Find out whether the machine was reinstalled; only then correct the public host key of the builder.",
                };
            case HostKeyStatus.Changed:
                return new NixRemoteException(NixErrors.HostKeyChanged, $"{shown}, but {entry} has {entry!.Key.Type} {entry.Key.Fingerprint} for '{name}'.", e)
                {
                    Target = name,
                    RecommendedAction = $"Find out whether the machine was reinstalled; only then: ssh-keygen -R '{name}' -f '{entry.File}', and add the new key.",
                };
        }

        if (_certificateProblem is not null)
        {
            return new NixRemoteException(NixErrors.HostCertificateInvalid,
                $"{shown}; its certificate is signed by the trusted authority of {_knownHosts.CertificateAuthority}, but {_certificateProblem}.", e) { Target = name };
        }

        var others = _knownHosts.KeyTypes.Count == 0 ? $"there is none for '{name}' in {(files.Length == 0 ? "any file: the configuration names none" : files)}"
            : $"for '{name}' only keys of other types are known ({string.Join(", ", _knownHosts.KeyTypes)}, {entry})";
        var authority = _knownHosts.CertificateAuthority is { } line ? $"; the host shows no certificate of the authority in {line}" : "";
        return new HostKeyUnknownException(_hostKey!, $"{shown}, and {others}{authority}.", e)
        {
            Target = name,
            RecommendedAction = "Compare the fingerprint with the machine's own (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub there), then: "
                + $"ssh-keyscan -p {_config.Port} {_config.HostName} >> '{file}', or use -AcceptNewHostKey.",
        };
    }
}
