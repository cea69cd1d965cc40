using System.Globalization;

namespace NixRemote.Scheduling;

/// <summary>How the schedule stands.</summary>
public sealed partial class GraphSchedule
{
    /// <summary>Whether no node is left that could be built: each is done, failed, or not needed.</summary>
    public bool IsFinished => _unfinished == 0;

    /// <summary>Nodes that a builder has.</summary>
    public int RunningCount { get; private set; }

    /// <summary>Where a node stands.</summary>
    public NodeState StateOf(int node) => _states[node];

    /// <summary>Whether a ready node is held back for a moment, since its outputs are lost and their builder may come back with them.</summary>
    public bool IsDelayed(int node) => _states[node] == NodeState.Ready && !_classOf[node].Ready.Contains(_places[node]) && !_awaited.ContainsKey(node)
        && !_classOf[node].Held.Contains(node);

    /// <summary>The builder that runs a node or did so last; -1 if it was never started.</summary>
    public int BuilderOf(int node) => _runningOn[node];

    /// <summary>The attempts at a node that its builders failed, in order.</summary>
    public IReadOnlyList<ScheduleAttempt> Attempts(int node) => _attempts[node] ?? (IReadOnlyList<ScheduleAttempt>)[];

    /// <summary>The failures of a builder.</summary>
    public CircuitBreaker CircuitOf(int builder) => _builders[builder].Circuit;

    /// <summary>Whether a builder gets work.</summary>
    public bool IsWorking(int builder) => _builders[builder].IsWorking;

    /// <summary>Each builder's answer to a node, with all reasons against.</summary>
    public IReadOnlyList<BuilderEligibility> Explain(int node) => [.. _builders.Select(b => Eligibility.Check(b.Declared.Builder, _classOf[node].Needs, Condition(b)))];

    /// <summary>Derivations that could be built and that no builder gets since all that take them rest, or are still being reached.</summary>
    public IReadOnlyList<ScheduleWait> Waits(TimeSpan now) => [.. _classes.Where(IsStalled).Select(c => Wait(c, now))];

    private static BuilderCondition Condition(BuilderState state) => new()
    {
        IsExcluded = state.Declared.IsExcluded,
        BusySlots = state.Own + state.Others,
        Circuit = state.Circuit,
        Gone = state.Gone,
    };

    private ScheduleWait Wait(NodeClass nodeClass, TimeSpan now)
    {
        var builders = _builders.Where(b => b.Gone is null && nodeClass.Kinds.Contains(b.Kind)).ToList();
        var resting = builders.Where(b => b.Circuit.State == CircuitState.Open).ToList();
        TimeSpan? until = resting.Count == builders.Count ? resting.Min(b => b.Circuit.Until) : null;
        var rest = resting.Select(b => string.Create(CultureInfo.InvariantCulture,
            $"{b.Declared.Builder.Name} rests for {Math.Max(0, (b.Circuit.Until - now).TotalSeconds):0.0} s more after {(b.Circuit.Failures == 1 ? "a failure" : $"{b.Circuit.Failures} failures in a row")} ({b.Circuit.LastError!.Message.TrimEnd('.')})"));
        var reached = builders.Except(resting).Select(b => $"{b.Declared.Builder.Name} is being connected");
        var count = nodeClass.Ready.Count + nodeClass.Held.Count;
        var first = nodeClass.Ready.Count > 0 ? nodeClass.Order[nodeClass.Ready.First] : nodeClass.Held[0];
        return new ScheduleWait(nodeClass.Needs, count, first, until,
            $"{count} derivation{(count == 1 ? " waits" : "s wait")} for a builder for {nodeClass.Needs}: {string.Join("; ", rest.Concat(reached))}.");
    }
}
