namespace NixRemote.Transport;

/// <summary>One authenticated SSH connection on which programs are run, each on a channel of its own.</summary>
public interface ISshSession : IAsyncDisposable
{
    /// <summary>The resolved target, for messages: <c>nix@127.0.0.1:22800</c>.</summary>
    string Description { get; }

    /// <summary>False once the connection is known to be lost.</summary>
    bool IsConnected { get; }

    /// <summary>The server's host key as <c>SHA256:…</c>; empty where somebody else has checked it.</summary>
    string HostKeyFingerprint { get; }

    /// <summary>Runs a command in the remote user's shell. Several channels may be open at once. The server's answer to the command
    /// may not be waited for: a refusal then fails the first read, with ChannelRefused.</summary>
    /// <param name="command">The command line for the remote shell.</param>
    /// <param name="cancellationToken">Ends the wait for the channel.</param>
    /// <exception cref="NixRemoteException">ChannelRefused, ConnectionLost.</exception>
    Task<IDuplexChannel> ExecuteAsync(string command, CancellationToken cancellationToken);
}
