namespace NixRemote.Transport;

/// <summary>A host has shown a key of which nothing is known.</summary>
public sealed class HostKeyUnknownException : NixRemoteException
{
    /// <summary>Makes the failure.</summary>
    /// <param name="key">The key that was shown.</param>
    /// <param name="message">What happened.</param>
    /// <param name="inner">The cause.</param>
    public HostKeyUnknownException(HostKey key, string message, Exception? inner = null)
        : base(NixErrors.HostKeyUnknown, message, inner) => Key = key;

    /// <summary>The key that the host has shown.</summary>
    public HostKey Key { get; }
}
