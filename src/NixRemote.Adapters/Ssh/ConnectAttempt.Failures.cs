using System.Net.Sockets;
using NixRemote.Transport;
using Renci.SshNet.Common;
using Renci.SshNet.Messages.Transport;

namespace NixRemote.Adapters.Ssh;

/// <summary>What went wrong, by name.</summary>
internal sealed partial class ConnectAttempt
{
    private string Where => _endPoint is null ? $"{_config.HostName}:{_config.Port}" : $"{_config.HostName} ({_endPoint})";

    private NixRemoteException TimedOut(Exception cause)
    {
        var doing = _phase switch
        {
            ConnectPhase.Resolving => $"the name '{_config.HostName}' was looked up",
            ConnectPhase.Connecting => $"{string.Join(", ", _addresses.Select(address => address.ToString()))} port {_config.Port} was asked for a connection",
            ConnectPhase.Greeting => "the SSH server's first line was awaited",
            ConnectPhase.KeyExchange => "keys were exchanged",
            _ => $"logging in as {_config.User}",
        };
        return new NixRemoteException(NixErrors.ConnectionTimeout,
            $"{Where} did not answer within {_config.ConnectTimeout.TotalSeconds:0.###} s, while {doing}.", cause);
    }

    private NixRemoteException NotConnected(SocketException e) => e.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => new NixRemoteException(NixErrors.ConnectionRefused,
            $"{_config.HostName} ({string.Join(", ", _addresses.Select(address => address.ToString()))}) refuses connections to port {_config.Port}.", e),
        SocketError.TimedOut => TimedOut(e),
        _ => new NixRemoteException(NixErrors.HostUnreachable,
            $"{Where} ({string.Join(", ", _addresses.Select(address => address.ToString()))}) cannot be reached: {e.Message.TrimEnd('.')}.", e),
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
                return Rejected(e, e.Message);
        }

        var reason = StandardErrorLog.StripControlSequences((relayFailure ?? e).Message).TrimEnd('.');
        return _phase == ConnectPhase.Authentication
            ? new NixRemoteException(NixErrors.ConnectionLost, $"{Where} broke the connection while logging in as {_config.User}: {reason}.", e)
            : new NixRemoteException(NixErrors.SshHandshakeFailed,
                $"{Where} {(_phase == ConnectPhase.Greeting ? "did not greet as an SSH server" : "and this client did not agree")}: {reason}.", e);
    }

    /// <summary>sshd gives reason 2 (protocol error) for too many keys, 14 for what the standard foresees.</summary>
    private static bool IsRefusal(SshConnectionException e) =>
        e.DisconnectReason is DisconnectReason.NoMoreAuthenticationMethodsAvailable or DisconnectReason.ProtocolError or DisconnectReason.IllegalUserName;

    private NixRemoteException Rejected(Exception e, string reason)
    {
        // Without any key of ours the cause is what kept us from having one.
        var server = $"{_config.User}@{Where} let nobody in without a key";
        if (_identities.Count == 0 && _identityProblems.Count > 0)
        {
            var problem = _identityProblems.FirstOrDefault(p => p.Definition != NixErrors.IdentityFileMissing) ?? _identityProblems[0];
            return new NixRemoteException(problem.Definition,
                $"{server}: {string.Join(" ", _identityProblems.Select(p => p.Message))}", e) { Target = problem.Target };
        }

        var tried = _identities.Count == 0 ? "no key was there to offer" : "offered were " + string.Join(", ", _identities);
        var passedOver = _identityProblems.Count == 0 ? "" : " Passed over: " + string.Join(" ", _identityProblems.Select(p => p.Message));
        var allowed = _authentication?.AllowedAuthentications is { Length: > 0 } methods ? $"; it allows {string.Join(", ", methods)}" : "";
        return new NixRemoteException(NixErrors.AuthenticationRejected,
            $"{Where} does not let '{_config.User}' in: {reason.TrimEnd('.')}; {tried}{allowed}.{passedOver}", e);
    }

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

        var others = _knownHosts.KeyTypes.Count == 0 ? $"there is none for '{name}' in {(files.Length == 0 ? "any file: the configuration names none" : files)}"
            : $"for '{name}' only keys of other types are known ({string.Join(", ", _knownHosts.KeyTypes)}, {entry})";
        var authority = _knownHosts.CertificateAuthority is { } line ? $"; {line} trusts host certificates, which are not supported yet" : "";
        var policy = _config.HostKeyChecking == HostKeyChecking.Strict ? "" : "; StrictHostKeyChecking other than yes has no effect";
        return new NixRemoteException(NixErrors.HostKeyUnknown, $"{shown}, and {others}{authority}{policy}.", e)
        {
            Target = name,
            RecommendedAction = "Compare the fingerprint with the machine's own (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub there), then: "
                + $"ssh-keyscan -p {_config.Port} {_config.HostName} >> '{file}'",
        };
    }
}
