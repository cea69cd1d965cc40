using NixRemote.StoreObjects;

namespace NixRemote.Stores;

public sealed partial class WireReader
{
    // PathInfo, serve ≥ 2.4 (wire.md §3.4):
    //   optional<path> deriver; set<path> references; u64 downloadSize (ignored); u64 narSize
    //   string narHash "sha256:<nix32>"; optional<CA> ca; set<string> sigs
    /// <summary>A path info of the serve protocol, after its path.</summary>
    /// <exception cref="ProtocolException">ProtocolViolation, LimitExceeded.</exception>
    public async ValueTask<PathInfo> ReadServePathInfoAsync(StorePath path, CancellationToken cancellationToken)
    {
        var deriver = await ReadOptionalPathAsync("the deriver", cancellationToken).ConfigureAwait(false);
        var references = await ReadPathSetAsync(WireLimits.References, "references", cancellationToken).ConfigureAwait(false);
        await ReadUInt64Async(cancellationToken).ConfigureAwait(false);
        var narSize = await ReadInt64Async("the archive's size", cancellationToken).ConfigureAwait(false);
        var narHash = await ReadSha256Async("the archive's hash", cancellationToken).ConfigureAwait(false);
        var contentAddress = await ReadContentAddressAsync(cancellationToken).ConfigureAwait(false);
        var signatures = await ReadSignaturesAsync(cancellationToken).ConfigureAwait(false);
        return new PathInfo
        {
            Path = path,
            Deriver = deriver,
            References = [.. references],
            NarSize = narSize,
            NarHash = narHash,
            ContentAddress = contentAddress,
            Signatures = [.. signatures],
        };
    }

    // UnkeyedValidPathInfo, worker ≥ 1.16 (wire.md §4.6):
    //   optional<path> deriver; string narHash base16; set<path> references; u64 registrationTime; u64 narSize
    //   bool ultimate; set<string> sigs; optional<CA> ca
    /// <summary>A path info of the worker protocol, after its path.</summary>
    /// <exception cref="ProtocolException">ProtocolViolation, LimitExceeded.</exception>
    public async ValueTask<PathInfo> ReadWorkerPathInfoAsync(StorePath path, CancellationToken cancellationToken)
    {
        var deriver = await ReadOptionalPathAsync("the deriver", cancellationToken).ConfigureAwait(false);
        var narHash = await ReadSha256Async("the archive's hash", cancellationToken).ConfigureAwait(false);
        var references = await ReadPathSetAsync(WireLimits.References, "references", cancellationToken).ConfigureAwait(false);
        var registrationTime = await ReadInt64Async("the registration time", cancellationToken).ConfigureAwait(false);
        var narSize = await ReadInt64Async("the archive's size", cancellationToken).ConfigureAwait(false);
        var ultimate = await ReadBoolAsync("'ultimate'", cancellationToken).ConfigureAwait(false);
        var signatures = await ReadSignaturesAsync(cancellationToken).ConfigureAwait(false);
        var contentAddress = await ReadContentAddressAsync(cancellationToken).ConfigureAwait(false);
        return new PathInfo
        {
            Path = path,
            Deriver = deriver,
            NarHash = narHash,
            References = [.. references],
            RegistrationTime = registrationTime,
            NarSize = narSize,
            Ultimate = ultimate,
            Signatures = [.. signatures],
            ContentAddress = contentAddress,
        };
    }

    private ValueTask<SortedSet<string>> ReadSignaturesAsync(CancellationToken cancellationToken) =>
        ReadTextSetAsync(WireLimits.Signatures, WireLimits.SignatureBytes, "signatures", cancellationToken);
}
