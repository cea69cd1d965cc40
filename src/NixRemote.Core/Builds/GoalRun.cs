using NixRemote.StoreObjects;

namespace NixRemote.Builds;

/// <summary>How a goal stands.</summary>
internal sealed class GoalRun(BuildGoal goal, int node, IReadOnlyDictionary<string, StorePath> outputs)
{
    /// <summary>What was asked for.</summary>
    public BuildGoal Goal => goal;

    /// <summary>Its node in the schedule; -1 if it needs not be built.</summary>
    public int Node => node;

    /// <summary>Its wanted outputs by name.</summary>
    public IReadOnlyDictionary<string, StorePath> Outputs => outputs;

    /// <summary>How it ended; null while it has not.</summary>
    public NixBuildResult? Result { get; set; }

    /// <summary>Whether its outputs are being brought.</summary>
    public bool IsDelivering { get; set; }

    /// <summary>How often a store that had its outputs could not give them.</summary>
    public int SourceFailures { get; set; }

    /// <summary>Bytes that were brought, all attempts.</summary>
    public long Received { get; set; }

    /// <summary>When its outputs were brought first.</summary>
    public TimeSpan? Begun { get; set; }
}
