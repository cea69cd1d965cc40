namespace NixRemote.Stores;

/// <summary>What the handshake told of the peer.</summary>
/// <param name="Protocol">Which protocol is spoken.</param>
/// <param name="Version">The version that both agreed on.</param>
/// <param name="PeerVersion">The version that the peer announced.</param>
/// <param name="NixVersion">The peer's Nix version, where the protocol tells it (worker ≥ 1.33).</param>
/// <param name="Trust">Whether our user is trusted.</param>
/// <param name="Features">Protocol features in force (worker ≥ 1.38).</param>
public sealed record StoreConnectionInfo(
    StoreProtocol Protocol,
    ProtocolVersion Version,
    ProtocolVersion PeerVersion,
    string? NixVersion,
    TrustLevel Trust,
    IReadOnlySet<string> Features);
