using NixRemote.Builders;

namespace NixRemote.Scheduling;

/// <summary>
/// Places a graph of derivations on builders: events in, commands out, no I/O and no clock. Among the ready nodes the
/// one with the longest way to the goals goes first; among the eligible builders with a free slot the one with the
/// least load ÷ speed, then the one that holds the most of its inputs, then the faster, then the first.
/// </summary>
/// <remarks>Not safe for use by several threads at a time. The load is the number of builds that the builder has
/// before this one, as in Nix (scheduling.md §4).</remarks>
public sealed class GraphSchedule
{
    private readonly IReadOnlyList<ScheduleNode> _nodes;
    private readonly List<int>[] _dependants;
    private readonly NodeState[] _states;
    private readonly int[] _openDependencies;
    private readonly int[] _heights;
    private readonly int[] _runningOn;
    private readonly bool[] _queued;
    private readonly HashSet<int>?[] _refusedBy;
    private readonly HashSet<int>?[] _heldBy;
    private readonly BuilderState[] _builders;
    private readonly List<NodeClass> _classes = [];
    private readonly NodeClass[] _classOf;
    private int _unfinished;

    /// <summary>Makes the schedule; no builder has work until it is <see cref="BuilderReady"/>.</summary>
    /// <param name="nodes">The derivations to be built; dependencies point to other entries, without cycles.</param>
    /// <param name="builders">The builders.</param>
    public GraphSchedule(IReadOnlyList<ScheduleNode> nodes, IReadOnlyList<NixBuilder> builders)
    {
        _nodes = nodes;
        _builders = [.. builders.Select(b => new BuilderState(b))];
        _dependants = new List<int>[nodes.Count];
        _states = new NodeState[nodes.Count];
        _openDependencies = new int[nodes.Count];
        _runningOn = new int[nodes.Count];
        _queued = new bool[nodes.Count];
        _refusedBy = new HashSet<int>?[nodes.Count];
        _heldBy = new HashSet<int>?[nodes.Count];
        _classOf = new NodeClass[nodes.Count];
        _unfinished = nodes.Count;
        for (var i = 0; i < nodes.Count; i++)
        {
            _dependants[i] = [];
        }

        var classes = new Dictionary<string, NodeClass>();
        for (var i = 0; i < nodes.Count; i++)
        {
            foreach (var dependency in nodes[i].Dependencies.Distinct())
            {
                _dependants[dependency].Add(i);
                _openDependencies[i]++;
            }

            var features = nodes[i].RequiredFeatures.Order(StringComparer.Ordinal);
            var key = $"{nodes[i].System}\n{string.Join('\n', features)}";
            if (!classes.TryGetValue(key, out var nodeClass))
            {
                classes[key] = nodeClass = new NodeClass();
                _classes.Add(nodeClass);
                for (var b = 0; b < builders.Count; b++)
                {
                    if (Eligibility.Check(builders[b], nodes[i].System, nodes[i].RequiredFeatures).Count == 0)
                    {
                        nodeClass.Eligible.Add(b);
                    }
                }
            }

            _classOf[i] = nodeClass;
        }

        _heights = Heights();
        for (var i = 0; i < nodes.Count; i++)
        {
            if (_openDependencies[i] == 0)
            {
                MakeReady(i);
            }
        }
    }

    /// <summary>Whether every node is done, failed, or can never be started.</summary>
    public bool IsFinished => _unfinished == 0;

    /// <summary>Nodes that a builder has.</summary>
    public int RunningCount { get; private set; }

    /// <summary>Where a node stands.</summary>
    public NodeState StateOf(int node) => _states[node];

    /// <summary>The builders that may take a node by their declaration.</summary>
    public IReadOnlyList<int> EligibleBuilders(int node) => _classOf[node].Eligible;

    /// <summary>Event: a builder can take work from now on.</summary>
    public void BuilderReady(int builder) => _builders[builder].IsReady = true;

    /// <summary>Event: a builder takes no more work in this run. Its running nodes are reported one by one.</summary>
    public void BuilderLost(int builder)
    {
        _builders[builder].IsReady = false;
        _builders[builder].IsLost = true;
    }

    /// <summary>Event: a node's outputs are known to be on a builder.</summary>
    public void OutputsAt(int node, int builder) => (_heldBy[node] ??= []).Add(builder);

    /// <summary>Event: a node needs not be built, since its outputs were found.</summary>
    public void Found(int node)
    {
        if (_states[node] is NodeState.Waiting or NodeState.Ready)
        {
            Finish(node, NodeState.Done);
        }
    }

    /// <summary>Event: a running node was built.</summary>
    public void Built(int node)
    {
        OutputsAt(node, _runningOn[node]);
        Release(node);
        Finish(node, NodeState.Done);
    }

    /// <summary>Event: a running node failed for good; what needs it is given up.</summary>
    /// <returns>The nodes that were given up with it.</returns>
    public IReadOnlyList<int> Failed(int node)
    {
        Release(node);
        return GiveUp(node);
    }

    /// <summary>Event: the builder of a running node failed, not the build. It may go elsewhere, never back.</summary>
    public void ReturnFrom(int node)
    {
        (_refusedBy[node] ??= []).Add(_runningOn[node]);
        Release(node);
        MakeReady(node);
    }

    /// <summary>Nodes that are ready but that no builder of this run will ever take; they are to be given up with
    /// <see cref="GiveUp"/>.</summary>
    public IReadOnlyList<int> Unplaceable()
    {
        var nodes = new List<int>();
        foreach (var nodeClass in _classes)
        {
            foreach (var (node, _) in nodeClass.Ready.UnorderedItems)
            {
                if (_states[node] == NodeState.Ready && !nodeClass.Eligible.Exists(b => !_builders[b].IsLost && _refusedBy[node]?.Contains(b) != true))
                {
                    nodes.Add(node);
                }
            }
        }

        return nodes;
    }

    /// <summary>Gives up a node that is not running, and what needs it.</summary>
    /// <returns>The nodes that were given up with it.</returns>
    public IReadOnlyList<int> GiveUp(int node)
    {
        var lost = new List<int>();
        Finish(node, NodeState.Failed);
        var open = new Stack<int>(_dependants[node]);
        while (open.TryPop(out var dependant))
        {
            if (_states[dependant] is NodeState.Waiting or NodeState.Ready)
            {
                Finish(dependant, NodeState.DependencyFailed);
                lost.Add(dependant);
                foreach (var next in _dependants[dependant])
                {
                    open.Push(next);
                }
            }
        }

        return lost;
    }

    /// <summary>Command: the next node to start, if a ready node and a free eligible builder exist. It is running from then on.</summary>
    public bool TryNext(out ScheduleAssignment assignment)
    {
        // Per class only its first node matters, unless that one was refused by a builder: then the next may fit.
        NodeClass? bestClass = null;
        var bestNode = -1;
        var bestBuilder = -1;
        foreach (var nodeClass in _classes)
        {
            var (node, builder) = nodeClass.Eligible.Exists(b => _builders[b].HasFreeSlot) ? First(nodeClass) : (-1, -1);
            if (node >= 0 && (bestNode < 0 || Before(node, bestNode)))
            {
                (bestClass, bestNode, bestBuilder) = (nodeClass, node, builder);
            }
        }

        if (bestClass is null)
        {
            assignment = default;
            return false;
        }

        _states[bestNode] = NodeState.Running;
        _runningOn[bestNode] = bestBuilder;
        _builders[bestBuilder].Load++;
        RunningCount++;
        assignment = new ScheduleAssignment(bestNode, bestBuilder);
        return true;
    }

    private (int Node, int Builder) First(NodeClass nodeClass)
    {
        List<int>? passed = null;
        var found = (-1, -1);
        while (nodeClass.Ready.TryPeek(out var node, out _))
        {
            if (_states[node] != NodeState.Ready)
            {
                Dequeue(nodeClass);
                continue;
            }

            var builder = BestBuilder(nodeClass, node);
            if (builder >= 0)
            {
                found = (node, builder);
                break;
            }

            (passed ??= []).Add(Dequeue(nodeClass));
        }

        foreach (var node in passed ?? [])
        {
            Enqueue(nodeClass, node);
        }

        return found;
    }

    private int BestBuilder(NodeClass nodeClass, int node)
    {
        var best = -1;
        var bestHeld = 0;
        foreach (var candidate in nodeClass.Eligible)
        {
            if (!_builders[candidate].HasFreeSlot || _refusedBy[node]?.Contains(candidate) == true)
            {
                continue;
            }

            var held = InputsHeld(node, candidate);
            if (best < 0 || Better(_builders[candidate], held, _builders[best], bestHeld))
            {
                (best, bestHeld) = (candidate, held);
            }
        }

        return best;
    }

    private static bool Better(BuilderState candidate, int held, BuilderState best, int bestHeld)
    {
        var order = candidate.RelativeLoad.CompareTo(best.RelativeLoad);
        if (order == 0)
        {
            order = bestHeld.CompareTo(held);
        }

        if (order == 0)
        {
            order = best.Builder.SpeedFactor.CompareTo(candidate.Builder.SpeedFactor);
        }

        return order < 0;
    }

    private int InputsHeld(int node, int builder)
    {
        var held = 0;
        foreach (var dependency in _nodes[node].Dependencies)
        {
            if (_heldBy[dependency]?.Contains(builder) == true)
            {
                held++;
            }
        }

        return held;
    }

    private bool Before(int node, int other) =>
        _heights[node] != _heights[other] ? _heights[node] > _heights[other] : node < other;

    private void MakeReady(int node)
    {
        _states[node] = NodeState.Ready;
        Enqueue(_classOf[node], node);
    }

    /// <summary>Queues a node. One that was started and came back may still stand there.</summary>
    private void Enqueue(NodeClass nodeClass, int node)
    {
        if (!_queued[node])
        {
            _queued[node] = true;
            nodeClass.Ready.Enqueue(node, (-_heights[node], node));
        }
    }

    private int Dequeue(NodeClass nodeClass)
    {
        var node = nodeClass.Ready.Dequeue();
        _queued[node] = false;
        return node;
    }

    private void Release(int node)
    {
        _builders[_runningOn[node]].Load--;
        RunningCount--;
    }

    private void Finish(int node, NodeState state)
    {
        _states[node] = state;
        _unfinished--;
        if (state != NodeState.Done)
        {
            return;
        }

        foreach (var dependant in _dependants[node])
        {
            if (--_openDependencies[dependant] == 0 && _states[dependant] == NodeState.Waiting)
            {
                MakeReady(dependant);
            }
        }
    }

    /// <summary>For each node the number of nodes on the longest way from it to a goal.</summary>
    private int[] Heights()
    {
        var heights = new int[_nodes.Count];
        var open = new int[_nodes.Count];
        var leaves = new Stack<int>();
        for (var i = 0; i < _nodes.Count; i++)
        {
            open[i] = _dependants[i].Count;
            if (open[i] == 0)
            {
                leaves.Push(i);
            }
        }

        var seen = 0;
        while (leaves.TryPop(out var node))
        {
            seen++;
            foreach (var dependency in _nodes[node].Dependencies.Distinct())
            {
                heights[dependency] = Math.Max(heights[dependency], heights[node] + 1);
                if (--open[dependency] == 0)
                {
                    leaves.Push(dependency);
                }
            }
        }

        return seen == _nodes.Count ? heights : throw new ArgumentException("The graph has a cycle.");
    }

    private sealed class BuilderState(NixBuilder builder)
    {
        public NixBuilder Builder { get; } = builder;

        public bool IsReady { get; set; }

        public bool IsLost { get; set; }

        public int Load { get; set; }

        public bool HasFreeSlot => IsReady && Load < Builder.MaxJobs;

        public double RelativeLoad => Load / Builder.SpeedFactor;
    }

    /// <summary>Nodes of one system and one set of features: the same builders take them.</summary>
    private sealed class NodeClass
    {
        public List<int> Eligible { get; } = [];

        public PriorityQueue<int, (int, int)> Ready { get; } = new();
    }
}
