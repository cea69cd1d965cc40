using NixRemote.Builders;

namespace NixRemote.Scheduling;

/// <summary>
/// Places a graph of derivations on builders: events in, commands out, no I/O and no clock; <c>now</c> is always the time since the
/// run began. The same object drives real builds and simulations.
/// </summary>
/// <remarks>
/// Derivations stand in classes (one system, one set of features), builders in pools (the same declaration, bandwidth of one
/// magnitude), so that a decision looks at pools and not at builders; it takes logarithmic time in derivations and builders.
/// No builder is idle while a derivation is ready that it takes, unless that one holds up the run and a faster builder will have it done earlier. Not safe for use by several threads at a time.
/// </remarks>
public sealed partial class GraphSchedule
{
    private readonly ScheduleOptions _options;
    private readonly int[][] _dependencies;
    private readonly int[][] _dependants;
    private readonly NodeState[] _states;
    private readonly bool[] _prefersLocal;

    /// <summary>Nodes whose outputs are wanted for themselves and are not delivered yet.</summary>
    private readonly bool[] _undelivered;

    /// <summary>Dependencies of a waiting node that are not there.</summary>
    private readonly int[] _open;

    /// <summary>Dependants of a node that are neither done nor unneeded.</summary>
    private readonly int[] _needers;

    /// <summary>Seconds that a node takes on a builder of speed 1, expected or measured.</summary>
    private readonly double[] _durations;

    /// <summary>Seconds on the longest way from a node's start to the end of the graph, each build on the fastest builder that takes it.</summary>
    private readonly double[] _heights;

    /// <summary>Nodes in the order in which they should start, and each node's place in it.</summary>
    private readonly int[] _order;
    private readonly int[] _ranks;

    /// <summary>Each node's class, and its place there.</summary>
    private readonly NodeClass[] _classOf;
    private readonly int[] _places;
    private readonly List<NodeClass> _classes = [];

    private readonly int[] _runningOn;
    private readonly TimeSpan[] _startedAt;
    private readonly List<ScheduleAttempt>?[] _attempts;

    private readonly BuilderState[] _builders;
    private readonly int _local;

    /// <summary>Ranks of the first ready node of each class that has a builder with a free slot.</summary>
    private readonly RankSet _front;

    private int _unfinished;
    private double _remainingWork;
    private double _capacity;
    private TimeSpan _now;

    /// <summary>When the run can end at the earliest: the longest way of any node that became ready, from then on, on the fastest builder.</summary>
    private double _earliestEnd;

    /// <summary>Makes the schedule with nothing known but declarations. No builder has work until it is <see cref="BuilderReady"/>.</summary>
    public GraphSchedule(IReadOnlyList<ScheduleNode> nodes, IReadOnlyList<NixBuilder> builders)
        : this(nodes, [.. builders.Select(b => new ScheduleBuilder(b))], new ScheduleOptions(), [])
    {
    }

    /// <summary>Makes the schedule; no builder has work until it is <see cref="BuilderReady"/>.</summary>
    /// <param name="nodes">The derivations to be built; dependencies point to other entries, without cycles.</param>
    /// <param name="builders">The builders; at most one is this machine.</param>
    /// <param name="options">How to decide.</param>
    /// <param name="inputs">Paths that exist already and that nodes need.</param>
    /// <exception cref="ArgumentException">The graph has a cycle.</exception>
    public GraphSchedule(
        IReadOnlyList<ScheduleNode> nodes, IReadOnlyList<ScheduleBuilder> builders, ScheduleOptions options, IReadOnlyList<ScheduleInput> inputs)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        ArgumentNullException.ThrowIfNull(builders);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(inputs);
        var count = nodes.Count;
        _options = options;
        _unfinished = count;
        _dependencies = [.. nodes.Select(n => n.Dependencies.Count > 1 ? n.Dependencies.Distinct().ToArray() : [.. n.Dependencies])];
        _dependants = Reverse(_dependencies);
        _states = new NodeState[count];
        _prefersLocal = [.. nodes.Select(n => n.PreferLocalBuild)];
        _undelivered = [.. nodes.Select(n => n.IsGoal)];
        _open = [.. _dependencies.Select(d => d.Length)];
        _needers = [.. _dependants.Select(d => d.Length)];
        _durations = [.. nodes.Select(n => (n.ExpectedDuration ?? options.DefaultDuration).TotalSeconds)];
        _isTimed = [.. nodes.Select(n => n.ExpectedDuration is not null)];
        _expectedEnds = new double[count];
        _local = builders.ToList().FindIndex(b => b.IsLocal);
        _builders = Builders(builders);
        _classOf = Classify(nodes, builders);
        _heights = Heights();
        _order = [.. Enumerable.Range(0, count)];
        if (options.Policy == SelectionPolicy.Balanced)
        {
            Array.Sort(_order, (left, right) => _heights[left] != _heights[right] ? _heights[right].CompareTo(_heights[left]) : left.CompareTo(right));
        }

        _ranks = new int[count];
        _places = new int[count];
        Enroll();
        _runningOn = new int[count];
        Array.Fill(_runningOn, -1);
        _startedAt = new TimeSpan[count];
        _attempts = new List<ScheduleAttempt>?[count];
        _front = new RankSet(count);
        _remainingWork = _durations.Sum();

        _bytes = new long[count + inputs.Count];
        _atCoordinator = new bool[count + inputs.Count];
        _held = new BuilderSet[count + inputs.Count];
        _coming = new BuilderSet[count + inputs.Count];
        _remakeTimes = [.. inputs.Select(i => i.RemakeTime?.TotalSeconds ?? 0)];
        _isContentAddressed = [.. nodes.Select(n => n.IsContentAddressed)];
        _weighings = new int[count + inputs.Count];
        _moving = new List<int>?[count];
        _items = Items(nodes, inputs);
        for (var node = 0; node < count; node++)
        {
            if (_open[node] == 0)
            {
                MakeReady(node);
            }
        }
    }

    private static int[][] Reverse(int[][] dependencies)
    {
        var counts = new int[dependencies.Length];
        foreach (var dependency in dependencies.SelectMany(d => d))
        {
            counts[dependency]++;
        }

        var dependants = Array.ConvertAll(counts, c => new int[c]);
        for (var node = dependencies.Length - 1; node >= 0; node--)
        {
            foreach (var dependency in dependencies[node])
            {
                dependants[dependency][--counts[dependency]] = node;
            }
        }

        return dependants;
    }

    private double[] Heights()
    {
        var heights = new double[_durations.Length];
        for (var node = 0; node < heights.Length; node++)
        {
            heights[node] = Shortest(node);
        }

        var open = Array.ConvertAll(_dependants, d => d.Length);
        var ends = new Stack<int>();
        for (var node = 0; node < open.Length; node++)
        {
            if (open[node] == 0)
            {
                ends.Push(node);
            }
        }

        var seen = 0;
        while (ends.TryPop(out var node))
        {
            seen++;
            foreach (var dependency in _dependencies[node])
            {
                heights[dependency] = Math.Max(heights[dependency], heights[node] + Shortest(dependency));
                if (--open[dependency] == 0)
                {
                    ends.Push(dependency);
                }
            }
        }

        return seen == heights.Length ? heights : throw new ArgumentException("The graph has a cycle.");
    }

    private BuilderState[] Builders(IReadOnlyList<ScheduleBuilder> builders)
    {
        var kinds = new Dictionary<string, BuilderKind>();
        var states = new BuilderState[builders.Count];
        for (var b = 0; b < states.Length; b++)
        {
            var signature = BuilderKind.Signature(builders[b]);
            if (!kinds.TryGetValue(signature, out var kind))
            {
                kinds[signature] = kind = new BuilderKind(builders[b].IsLocal, builders[b].Builder);
            }

            states[b] = new BuilderState(builders[b], kind, b, _options);
        }

        return states;
    }

    /// <summary>Seconds that a node takes on the fastest builder that takes it.</summary>
    private double Shortest(int node) => _durations[node] / _classOf[node].TopSpeed;

    /// <summary>Sorts the nodes into classes, and finds who takes each class.</summary>
    private NodeClass[] Classify(IReadOnlyList<ScheduleNode> nodes, IReadOnlyList<ScheduleBuilder> builders)
    {
        var classOf = new NodeClass[nodes.Count];
        var classes = new Dictionary<(bool, string, string), NodeClass>();
        for (var node = 0; node < classOf.Length; node++)
        {
            string[] features = nodes[node].RequiredFeatures.Count == 0 ? [] : [.. nodes[node].RequiredFeatures.Order(StringComparer.Ordinal)];
            var needs = new BuildNeeds(nodes[node].System, features);

            // Nix builds here what prefers it and can be built here, and waits for it (scheduling.md §2.2).
            var localOnly = _options.Policy != SelectionPolicy.Balanced && _prefersLocal[node] && _local >= 0 && Takes(builders[_local], needs);
            var key = (localOnly, needs.System, string.Join('\n', features));
            if (!classes.TryGetValue(key, out var nodeClass))
            {
                classes[key] = nodeClass = new NodeClass(needs, localOnly);
                _classes.Add(nodeClass);
            }

            classOf[node] = nodeClass;
        }

        foreach (var nodeClass in _classes)
        {
            for (var index = 0; index < _builders.Length; index++)
            {
                var state = _builders[index];
                var known = nodeClass.Kinds.Contains(state.Kind);
                if (!known && (nodeClass.IsLocalOnly && !state.Kind.IsLocal || !Takes(builders[index], nodeClass.Needs)))
                {
                    continue;
                }

                if (!known)
                {
                    nodeClass.Kinds.Add(state.Kind);
                    state.Kind.Classes.Add(nodeClass);
                }

                nodeClass.Remaining++;
                nodeClass.TopSpeed = Math.Max(nodeClass.Remaining == 1 ? 0 : nodeClass.TopSpeed, state.Declared.Builder.SpeedFactor);
            }
        }

        return classOf;
    }

    /// <summary>Gives each node its rank, and its place in its class.</summary>
    private void Enroll()
    {
        for (var rank = 0; rank < _order.Length; rank++)
        {
            var nodeClass = _classOf[_order[rank]];
            _ranks[_order[rank]] = rank;
            _places[_order[rank]] = nodeClass.Order.Count;
            nodeClass.Order.Add(_order[rank]);
        }

        foreach (var nodeClass in _classes)
        {
            nodeClass.Ready = new RankSet(nodeClass.Order.Count);
        }
    }

    private static bool Takes(ScheduleBuilder builder, BuildNeeds needs) =>
        !builder.IsExcluded && Eligibility.Check(builder.Builder, needs).IsEligible;
}
