namespace NixRemote.Transport;

/// <summary>Opens SSH sessions. The implementation lives in NixRemote.Adapters.</summary>
public interface ISshConnector
{
    /// <summary>Resolves the target with the user's ssh_config, connects, checks the host key and authenticates.</summary>
    /// <exception cref="NixRemoteException">HostNotFound, HostUnreachable, ConnectionRefused, ConnectionTimeout, SshHandshakeFailed,
    /// HostKeyUnknown, HostKeyChanged, HostKeyRevoked, AuthenticationRejected, IdentityFile…, SshConfigInvalid, SshOptionUnsupported; with
    /// <see cref="NixRemoteException.Builder"/> set to the target's text.</exception>
    Task<ISshSession> ConnectAsync(SshTarget target, SshOptions options, CancellationToken cancellationToken);
}
