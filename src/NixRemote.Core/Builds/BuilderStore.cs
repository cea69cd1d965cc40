using NixRemote.Builders;
using NixRemote.Stores;

namespace NixRemote.Builds;

/// <summary>A builder with its store opened.</summary>
/// <param name="Builder">Its declaration.</param>
/// <param name="Store">Its store; the caller disposes it.</param>
public sealed record BuilderStore(NixBuilder Builder, IBuildStore Store)
{
    /// <summary>Whether it is this machine: its slots are its own daemon's, and derivations that prefer local builds go there.</summary>
    public bool IsLocal { get; init; }

    /// <summary>Reads how busy it is; null: nobody asks. One call at a time.</summary>
    public Func<CancellationToken, Task<RemoteLoad>>? ReadLoad { get; init; }

    /// <summary>Connections that a run needs from the store's pool at most: its builds, the channels of its transfers each way, and one
    /// for questions. They are opened when they are needed.</summary>
    public static int ConnectionsFor(NixBuilder builder) => builder.MaxJobs + 2 * RunStore.TransfersEachWay * RunStore.MaxTransferChannels + 1;
}
