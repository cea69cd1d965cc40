using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Builds;

/// <summary>Something that happens in a run. Raised on any thread, in order for one derivation; handlers must not block.</summary>
public abstract record BuildEvent
{
    private BuildEvent()
    {
    }

    /// <summary>A builder can be used.</summary>
    public sealed record BuilderConnected(string Builder, StoreConnectionInfo Info, TimeSpan ConnectTime) : BuildEvent;

    /// <summary>A builder does not trust our user: it is sent derivations, and builds or fetches itself what they need. Told once a builder.</summary>
    public sealed record BuilderDistrusts(string Builder) : BuildEvent;

    /// <summary>A builder cannot be used. Told once a builder; what becomes of it later are decisions.</summary>
    /// <param name="Builder">Its name.</param>
    /// <param name="Error">Why.</param>
    /// <param name="IsFinal">Whether it will not be tried again in this run; else it rests for some time first.</param>
    public sealed record BuilderLost(string Builder, NixRemoteException Error, bool IsFinal) : BuildEvent;

    /// <summary>Something beside the builds does not work, and they go on without: lock files, the history.</summary>
    public sealed record Degraded(NixRemoteException Error) : BuildEvent;

    /// <summary>Derivations cannot go on for now; null: they can again. Told when that changes.</summary>
    public sealed record Waiting(string? Reason) : BuildEvent;

    /// <summary>What will be done is known: derivations to build, and those whose outputs exist already.</summary>
    public sealed record Planned(int ToBuild, int Available) : BuildEvent;

    /// <summary>A decision worth telling.</summary>
    public sealed record Decision(string Text) : BuildEvent;

    /// <summary>A derivation was given to a builder.</summary>
    public sealed record Started(StorePath Derivation, string Builder) : BuildEvent;

    /// <summary>All its inputs are there; the build begins.</summary>
    public sealed record Building(StorePath Derivation, string Builder) : BuildEvent;

    /// <summary>A line of its log.</summary>
    public sealed record LogLine(StorePath Derivation, string Builder, string Text) : BuildEvent;

    /// <summary>Its phase.</summary>
    public sealed record Phase(StorePath Derivation, string Builder, string Name) : BuildEvent;

    /// <summary>A message of a store that belongs to a build, but not to its log.</summary>
    public sealed record StoreMessage(StorePath Derivation, string Builder, string Text) : BuildEvent;

    /// <summary>A derivation was built.</summary>
    public sealed record Built(StorePath Derivation, string Builder, TimeSpan BuildTime) : BuildEvent;

    /// <summary>A derivation went back: its builder failed, another one will be tried.</summary>
    public sealed record Returned(StorePath Derivation, string Builder, NixRemoteException Error) : BuildEvent;

    /// <summary>A derivation failed for good.</summary>
    public sealed record Failed(StorePath Derivation, NixRemoteException Error) : BuildEvent;

    /// <summary>Paths begin to move between two stores.</summary>
    public sealed record TransferStarted(string From, string To, int Paths, long Bytes) : BuildEvent;

    /// <summary>Bytes of archives have moved; the sum of this transfer so far.</summary>
    public sealed record TransferProgress(string From, string To, long BytesDone, long BytesAll) : BuildEvent;

    /// <summary>A transfer has ended.</summary>
    public sealed record TransferEnded(string From, string To, int Paths, long Bytes, TimeSpan Time) : BuildEvent;

    /// <summary>A goal has ended.</summary>
    public sealed record GoalEnded(NixBuildResult Result) : BuildEvent;
}
