namespace NixRemote.Stores;

/// <summary>
/// One protocol session over one channel. One operation at a time. After an exception the connection must not be
/// used again unless <see cref="IsUsable"/> says so.
/// </summary>
public interface IStoreConnection : IBuildStore
{
    /// <summary>What the handshake told.</summary>
    StoreConnectionInfo Info { get; }

    /// <summary>False once the stream of bytes is out of step or closed.</summary>
    bool IsUsable { get; }
}
