namespace NixRemote.Scheduling;

/// <summary>Derivations of one system and one set of features: the same builders take them. Those that are ready stand in it
/// by their rank.</summary>
internal sealed class NodeClass(BuildNeeds needs, bool isLocalOnly)
{
    /// <summary>What they ask of a builder.</summary>
    public BuildNeeds Needs { get; } = needs;

    /// <summary>Whether only this machine is to build them.</summary>
    public bool IsLocalOnly { get; } = isLocalOnly;

    /// <summary>Its nodes in the order in which they should start.</summary>
    public List<int> Order { get; } = [];

    /// <summary>Places in <see cref="Order"/> of the nodes that can be started.</summary>
    public RankSet Ready { get; set; } = new(0);

    /// <summary>Ready nodes that the builders with a free slot have failed before; they wait for another one.</summary>
    public List<int> Held { get; } = [];

    /// <summary>Ready nodes that wait for a slot of a certain builder.</summary>
    public List<int> Awaiting { get; } = [];

    /// <summary>The kinds of builders that take them.</summary>
    public HashSet<BuilderKind> Kinds { get; } = [];

    /// <summary>The pools of those builders.</summary>
    public List<BuilderPool> Pools { get; } = [];

    /// <summary>Pools that have a builder with a free slot.</summary>
    public int OpenPools { get; set; }

    /// <summary>Builders that take them and are not gone for the run.</summary>
    public int Remaining { get; set; }

    /// <summary>Builders that take them and get work now.</summary>
    public int Working { get; set; }

    /// <summary>The speed of the fastest builder that takes them; 1 if none does.</summary>
    public double TopSpeed { get; set; } = 1;

    /// <summary>Since when no builder gets work that takes them.</summary>
    public TimeSpan StalledSince { get; set; }

    /// <summary>The rank under which it stands in the schedule's front, or -1.</summary>
    public int FrontRank { get; set; } = -1;
}
