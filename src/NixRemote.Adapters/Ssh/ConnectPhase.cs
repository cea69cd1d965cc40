namespace NixRemote.Adapters.Ssh;

/// <summary>How far connecting has come.</summary>
internal enum ConnectPhase
{
    /// <summary>The host's name is looked up.</summary>
    Resolving,

    /// <summary>TCP.</summary>
    Connecting,

    /// <summary>The server's first line.</summary>
    Greeting,

    /// <summary>Algorithms, keys, and the host key.</summary>
    KeyExchange,

    /// <summary>The user's keys.</summary>
    Authentication,
}
