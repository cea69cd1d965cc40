namespace NixRemote.Adapters.Ssh;

/// <summary>A way to a server other than a connection of our own: over a jump host, or through a command.</summary>
internal interface ISshRoute
{
    /// <summary>What it is, for messages: <c>over gate</c>.</summary>
    string Description { get; }

    /// <summary>Goes it.</summary>
    /// <returns>The bytes from and to the server; disposing it lets go of the way.</returns>
    /// <exception cref="NixRemoteException">ProxyJumpFailed, ProxyJumpRefused, ProxyCommandFailed.</exception>
    Task<Stream> OpenAsync(CancellationToken cancellationToken);

    /// <summary>Why it has ended, when it ended before the server said anything; null: the way knows of nothing.</summary>
    ValueTask<NixRemoteException?> WhyEndedAsync();
}
