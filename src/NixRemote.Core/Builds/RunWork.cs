using NixRemote.Scheduling;
using NixRemote.StoreObjects;

namespace NixRemote.Builds;

/// <summary>What a run may have to build, as its schedule sees it: nodes are derivations, inputs are paths that exist already.</summary>
internal sealed class RunWork
{
    /// <summary>What a source costs that cannot be made.</summary>
    private static readonly TimeSpan Never = TimeSpan.FromDays(1);

    private readonly DerivationGraph _graph;
    private readonly Dictionary<StorePath, int> _indices = [];
    private readonly HashSet<StorePath>[] _wanted;
    private readonly bool[] _isGoal;
    private readonly List<StorePath> _inputs = [];
    private readonly Dictionary<StorePath, string> _makers = [];
    private List<ScheduleNode> _nodes = [];
    private List<ScheduleInput> _scheduleInputs = [];

    /// <summary>Takes the derivations, inputs first.</summary>
    public RunWork(DerivationGraph graph, IReadOnlyList<BuildGoal> goals, IReadOnlyList<StorePath> paths)
    {
        (_graph, Paths) = (graph, paths);
        for (var i = 0; i < paths.Count; i++)
        {
            _indices[paths[i]] = i;
        }

        _wanted = [.. paths.Select(_ => new HashSet<StorePath>())];
        _isGoal = new bool[paths.Count];
        foreach (var goal in goals)
        {
            if (IndexOf(goal.DerivationPath) is var node and >= 0)
            {
                _isGoal[node] = true;
                _wanted[node].UnionWith(graph.Outputs(goal.DerivationPath, goal.OutputNames).Values);
            }
        }

        foreach (var (input, names) in paths.SelectMany(p => graph[p].InputDerivations))
        {
            if (IndexOf(input) is var node and >= 0)
            {
                _wanted[node].UnionWith(graph.Outputs(input, names).Values);
            }
        }
    }

    /// <summary>The derivations by node.</summary>
    public IReadOnlyList<StorePath> Paths { get; }

    /// <summary>The existing paths by input.</summary>
    public IReadOnlyList<StorePath> Inputs => _inputs;

    /// <summary>The outputs of a node that the run needs.</summary>
    public IReadOnlySet<StorePath> Wanted(int node) => _wanted[node];

    /// <summary>The node of a derivation; -1 if it is not to be built.</summary>
    public int IndexOf(StorePath derivation) => _indices.GetValueOrDefault(derivation, -1);

    /// <summary>Finds out what placement goes by: durations and sizes of outputs from the history, sizes of inputs from the coordinating store.</summary>
    public async Task DescribeAsync(RunStore source, IReadOnlyDictionary<string, ExpectedBuild> expected, CancellationToken cancellationToken)
    {
        var inputs = new Dictionary<StorePath, int>();
        _nodes = [.. Paths.Select(path => Node(path, inputs, expected))];
        var found = await source.FindAsync([.. _inputs.Where(i => !source.Lacks(i))], cancellationToken).ConfigureAwait(false);
        var outlines = found.ToDictionary(outline => outline.Path);

        // As far as inputs refer to each other; what else they refer to is not asked for here, where nobody may need it.
        var refused = PathOutline.Refused(outlines.Values, outline => outline.IsVouchedFor);
        _scheduleInputs = [.. _inputs.Select(i => new ScheduleInput(outlines.GetValueOrDefault(i)?.NarSize ?? 0, outlines.ContainsKey(i))
        {
            RemakeTime = outlines.ContainsKey(i) && !refused.Contains(i) ? null : RemakeTime(i, expected),
        })];
    }

    // Where nothing vouches for a source a builder that does not trust us cannot have it at all.
    private TimeSpan RemakeTime(StorePath input, IReadOnlyDictionary<string, ExpectedBuild> expected) =>
        _makers.TryGetValue(input, out var maker) ? ExpectedBuild.TimeOf(maker, expected)
        : Never;

    /// <summary>A schedule of all this in which nothing is done yet.</summary>
    public GraphSchedule Schedule(IReadOnlyList<RunBuilder> builders, BuildRunOptions options) => new(
        _nodes,
        [.. builders.Select(b => new ScheduleBuilder(b.Builder) { IsLocal = b.IsLocal })],
        new ScheduleOptions { Policy = options.Policy, MaxAttempts = options.MaxAttempts, Rest = options.Rest, GiveUpAfter = options.GiveUpAfter },
        _scheduleInputs);

    private ScheduleNode Node(StorePath path, Dictionary<StorePath, int> inputs, IReadOnlyDictionary<string, ExpectedBuild> expected)
    {
        var derivation = _graph[path];
        var options = DerivationOptions.Read(derivation);
        var own = new List<int>();
        foreach (var (maker, names) in derivation.InputDerivations.Where(i => IndexOf(i.Key) < 0))
        {
            foreach (var output in _graph.Outputs(maker, names).Values)
            {
                _makers[output] = _graph[maker].Name;
            }
        }

        foreach (var input in derivation.InputDerivations.Where(i => IndexOf(i.Key) < 0).SelectMany(i => _graph.Outputs(i.Key, i.Value).Values).Concat(derivation.InputSources))
        {
            if (!inputs.TryGetValue(input, out var index))
            {
                inputs[input] = index = _inputs.Count;
                _inputs.Add(input);
            }

            own.Add(index);
        }

        return new ScheduleNode(
            derivation.Platform, [.. options.RequiredSystemFeatures], [.. derivation.InputDerivations.Select(i => IndexOf(i.Key)).Where(i => i >= 0)])
        {
            Inputs = own,
            PreferLocalBuild = options.PreferLocalBuild,
            IsContentAddressed = derivation.Outputs.All(o => o.Kind == DerivationOutputKind.Fixed),
            IsGoal = _isGoal[IndexOf(path)],
            ExpectedDuration = expected.TryGetValue(derivation.Name, out var known) ? known.Time : null,
            ExpectedOutputBytes = known.OutputBytes,
        };
    }
}
