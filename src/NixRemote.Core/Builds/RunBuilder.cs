using NixRemote.Builders;
using NixRemote.Stores;

namespace NixRemote.Builds;

/// <summary>A builder of a run, with how it is at the moment.</summary>
internal sealed class RunBuilder(BuilderStore declared, RunStore store)
{
    /// <summary>Its declaration.</summary>
    public NixBuilder Builder => declared.Builder;

    /// <summary>Its name.</summary>
    public string Name => declared.Builder.Name;

    /// <summary>Whether it is this machine.</summary>
    public bool IsLocal => declared.IsLocal;

    /// <summary>What it builds with.</summary>
    public IBuildStore Builds => declared.Store;

    /// <summary>Its store, with what is known of it.</summary>
    public RunStore Store => store;

    /// <summary>Whether it is being connected, for the first time or after a rest.</summary>
    public bool IsConnecting { get; set; } = true;

    /// <summary>Whether it can be used now.</summary>
    public bool IsReady { get; set; }

    /// <summary>Whether it could be used at any time of this run.</summary>
    public bool WasReady { get; set; }

    /// <summary>Why it cannot be used; null while it can, or has not been tried.</summary>
    public NixRemoteException? Error { get; set; }

    /// <summary>Whether it will not be tried again.</summary>
    public bool IsGone { get; set; }

    /// <summary>Whether the user was told that it is lost.</summary>
    public bool WasReported { get; set; }

    /// <summary>Whether it takes our word for paths and derivations, as far as is known. If not, it is sent derivations, and builds itself
    /// what they need (wire.md §4.9).</summary>
    public bool TrustsUs { get; set; } = true;

    /// <summary>Whether it may take signed paths; if it does not trust us, that is tried once.</summary>
    public bool TakesSignedPaths { get; set; } = true;

    /// <summary>Whether it is sent each path with a signature by our key.</summary>
    public bool Signs => Builds is ForwardingBuildStore { Signs: true };

    /// <summary>Whether it makes inputs itself that nothing vouches for, since it takes neither our word nor, as far as is known, our signature.</summary>
    public bool RemakesInputs => !TrustsUs && !(TakesSignedPaths && Signs);

    /// <summary>Its slots that other coordinators of this machine hold.</summary>
    public int OtherSlots { get; set; }

    /// <summary>Whether somebody looks when they let go.</summary>
    public bool IsWatched { get; set; }

    /// <summary>Builds of this run that it has.</summary>
    public int Running { get; set; }

    /// <summary>Reads how busy it is; null: nobody asks.</summary>
    public Func<CancellationToken, Task<RemoteLoad>>? ReadLoad => declared.ReadLoad;

    /// <summary>How busy it was when it was asked last.</summary>
    public RemoteLoad? Load { get; set; }

    /// <summary>Whether it is asked from time to time.</summary>
    public bool IsLoadWatched { get; set; }
}
