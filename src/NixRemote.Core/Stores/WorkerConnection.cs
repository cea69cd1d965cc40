using NixRemote.StoreObjects;
using NixRemote.Transport;

namespace NixRemote.Stores;

/// <summary>
/// A client of the worker protocol: <c>nix-daemon --stdio</c> or a daemon's socket (wire.md §4), versions 1.21 to 1.38.
/// Logs, activities and errors come on the message channel of each operation. To another machine's daemon SetOptions is never
/// sent: it would carry this machine's cores and job count along.
/// </summary>
public sealed partial class WorkerConnection : StoreConnection, ISignatureStore
{
    private const ulong ClientMagic = 0x6e697863;
    private const ulong ServerMagic = 0x6478696f;

    private static readonly ProtocolVersion _announced = new(1, 38);
    private static readonly ProtocolVersion _oldest = new(1, 21);

    // Known before the rest of Info: messages of the handshake itself depend on it.
    private ProtocolVersion _version;

    private WorkerConnection(IDuplexChannel channel, string name)
        : base(channel, name)
    {
    }

    private enum Operation : ulong
    {
        IsValidPath = 1,
        BuildPaths = 9,
        AddTempRoot = 11,
        SetOptions = 19,
        QueryPathInfo = 26,
        QueryValidPaths = 31,
        BuildDerivation = 36,
        AddSignatures = 37,
        NarFromPath = 38,
        AddToStoreNar = 39,
        AddMultipleToStore = 44,
        BuildPathsWithResults = 46,
    }

    /// <summary>Agrees on the protocol over a fresh channel.</summary>
    /// <param name="channel">The channel; owned from here on, also if this fails.</param>
    /// <param name="name">The store as the user wrote it, for messages.</param>
    /// <param name="cancellationToken">Ends the wait for the remote.</param>
    /// <exception cref="NixRemoteException">RemoteProgramNotFound, RemoteOutputBeforeProtocol, ProtocolTooOld, RemoteDied,
    /// RemoteError, ProtocolViolation, ConnectionLost.</exception>
    public static Task<WorkerConnection> OpenAsync(IDuplexChannel channel, string name, CancellationToken cancellationToken) =>
        OpenAsync(new WorkerConnection(channel, name), cancellationToken);

    // SetOptions (wire.md §4.7): u64 19, u64 keepFailed, u64 keepGoing, u64 tryFallback, u64 verbosity, u64 maxBuildJobs, u64 maxSilentTime, u64 1,
    //   u64 verboseBuild, u64 0, u64 0, u64 buildCores, u64 useSubstitutes, u64 count, count × (string name, string value) → messages
    /// <summary>Makes the daemon build on its own machine what this connection asks for.</summary>
    public Task SetOptionsAsync(DaemonOptions options, CancellationToken cancellationToken) =>
        RunAsync(ConnectionPhase.Handshake, async token =>
        {
            const ulong info = 3;
            const ulong toldInFull = 0;
            WriteOperation(Operation.SetOptions);
            Writer.WriteBool(options.KeepFailed);
            Writer.WriteBool(false);
            Writer.WriteBool(false);
            Writer.WriteUInt64(info);
            Writer.WriteUInt64(1);
            Writer.WriteUInt64(0);
            Writer.WriteUInt64(1);
            Writer.WriteUInt64(toldInFull);
            Writer.WriteUInt64(0);
            Writer.WriteUInt64(0);
            Writer.WriteNumber(options.Cores);
            Writer.WriteBool(options.UseSubstitutes);
            Writer.WriteNumber(1);
            Writer.WriteText("builders");
            Writer.WriteText("");
            await Writer.FlushAsync(token).ConfigureAwait(false);
            await ReadMessagesAsync(null, token).ConfigureAwait(false);
            return true;
        }, cancellationToken);

    private bool Since(int minor) => _version >= new ProtocolVersion(1, minor);

    private void WriteOperation(Operation operation) => Writer.WriteUInt64((ulong)operation);

    // Handshake (wire.md §4.1):
    //   C: u64 0x6e697863, u64 clientVersion     S: u64 0x6478696f, u64 serverVersion
    //   ≥ 1.38: C: set<string> features          S: set<string> features
    //   C: u64 0 (CPU affinity), u64 0 (reserve space)
    //   ≥ 1.33: S: string nixVersion     ≥ 1.35: S: u64 trust     S: messages up to LAST
    /// <inheritdoc/>
    private protected override async Task<StoreConnectionInfo> ShakeHandsAsync(CancellationToken cancellationToken)
    {
        (_version, var peer) = await ExchangeVersionsAsync(
            StoreProtocol.Worker, (ClientMagic, ServerMagic), (_oldest, _announced), cancellationToken).ConfigureAwait(false);

        // We know no feature, so whatever the daemon has, none is in force.
        if (Since(38))
        {
            Writer.WriteNumber(0);
        }

        Writer.WriteUInt64(0);
        Writer.WriteUInt64(0);
        await Writer.FlushAsync(cancellationToken).ConfigureAwait(false);
        if (Since(38))
        {
            await Reader.ReadTextSetAsync(WireLimits.Features, WireLimits.NameBytes, "features", cancellationToken).ConfigureAwait(false);
        }

        var nixVersion = Since(33)
            ? await Reader.ReadTextAsync(WireLimits.TokenBytes, "the Nix version", cancellationToken).ConfigureAwait(false)
            : null;
        var trust = Since(35)
            ? await Reader.ReadNumberAsync((int)TrustLevel.NotTrusted, "the trust level", cancellationToken).ConfigureAwait(false)
            : (int)TrustLevel.Unknown;
        await ReadMessagesAsync(null, cancellationToken).ConfigureAwait(false);
        return new StoreConnectionInfo(StoreProtocol.Worker, _version, peer, nixVersion, (TrustLevel)trust, NoFeatures);
    }
}
