namespace NixRemote.Scheduling;

/// <summary>Where things are: outputs of nodes and inputs are items, outputs first, and each is known on some builders, on its
/// way to others, and in the coordinating store or not.</summary>
public sealed partial class GraphSchedule
{
    /// <summary>Of a derivation with more items than this only the largest are weighed when a builder is chosen.</summary>
    private const int WeighedItems = 64;

    private readonly long[] _bytes;
    private readonly bool[] _atCoordinator;
    private readonly BuilderSet[] _held;
    private readonly BuilderSet[] _coming;

    /// <summary>What a node needs, the largest first.</summary>
    private readonly int[][] _items;

    /// <summary>Items that are being moved for a running node.</summary>
    private readonly List<int>?[] _moving;

    /// <summary>Event: all outputs of a node that are needed are on a builder that works. One that is not running is done by that.</summary>
    public void OutputsAt(int node, int builder)
    {
        if (_builders[builder].IsWorking)
        {
            Hold(node, builder);
            Find(node);
        }
    }

    /// <summary>Event: all outputs of a node that are needed are in the coordinating store. One that is not running is done by that.</summary>
    public void OutputsAtCoordinator(int node)
    {
        _atCoordinator[node] = true;
        Find(node);
    }

    /// <summary>Event: an input is on a builder that works.</summary>
    public void InputAt(int input, int builder)
    {
        if (_builders[builder].IsWorking)
        {
            Hold(_states.Length + input, builder);
        }
    }

    /// <summary>Event: what a running node needs has reached its builder. <see cref="Built"/> implies it.</summary>
    public void InputsArrived(int node) => EndMoves(node, arrived: true);

    /// <summary>Event: a goal's outputs are where they are wanted; no builder need keep them.</summary>
    public void Delivered(int node) => _undelivered[node] = false;

    private int[][] Items(IReadOnlyList<ScheduleNode> nodes, IReadOnlyList<ScheduleInput> inputs)
    {
        for (var node = 0; node < nodes.Count; node++)
        {
            _bytes[node] = nodes[node].ExpectedOutputBytes ?? _options.DefaultOutputBytes;
        }

        for (var input = 0; input < inputs.Count; input++)
        {
            _bytes[nodes.Count + input] = inputs[input].Bytes;
            _atCoordinator[nodes.Count + input] = inputs[input].AtCoordinator;
        }

        var items = new int[nodes.Count][];
        for (var node = 0; node < nodes.Count; node++)
        {
            int[] own = nodes[node].Inputs.Count == 0
                ? (int[])_dependencies[node].Clone()
                : [.. _dependencies[node], .. nodes[node].Inputs.Distinct().Select(i => nodes.Count + i)];
            Array.Sort(Array.ConvertAll(own, i => -_bytes[i]), own);
            items[node] = own;
        }

        return items;
    }

    private void Hold(int item, int builder)
    {
        if (_held[item].Add(builder, _builders.Length))
        {
            _builders[builder].Items.Add(item);
        }
    }

    private bool IsAt(int item, int builder) =>
        _held[item].Contains(builder) || _coming[item].Contains(builder) || (builder == _local && _atCoordinator[item]);

    /// <summary>Whether a node's outputs can be had.</summary>
    private bool IsAvailable(int node) => _states[node] == NodeState.Done && (_atCoordinator[node] || _held[node].Count > 0);

    private void BeginMoves(int node, int builder, out long bytes)
    {
        bytes = 0;
        foreach (var item in _items[node])
        {
            if (!IsAt(item, builder))
            {
                bytes += _bytes[item];
                _coming[item].Add(builder, _builders.Length);
                (_moving[node] ??= []).Add(item);
            }
        }
    }

    private void EndMoves(int node, bool arrived)
    {
        var builder = _runningOn[node];
        foreach (var item in _moving[node] ?? [])
        {
            _coming[item].Remove(builder);
            if (arrived && _builders[builder].IsWorking)
            {
                Hold(item, builder);
            }
        }

        _moving[node] = null;
    }

    /// <summary>A builder cannot be reached: what it has is not to be had, and what only it has must be built again if it is needed.</summary>
    /// <returns>The nodes that were put back.</returns>
    private List<int> Forget(int builder)
    {
        var items = _builders[builder].Items;
        _builders[builder].Items = [];
        foreach (var item in items)
        {
            _held[item].Remove(builder);
        }

        var lost = new List<int>();
        foreach (var item in items)
        {
            if (item < _states.Length && _states[item] == NodeState.Done && !IsAvailable(item) && IsNeeded(item))
            {
                Reopen(item, lost);
            }
        }

        return lost;
    }

    /// <summary>Whether something waits for a node's outputs. What runs already has them or comes back.</summary>
    private bool IsNeeded(int node) =>
        _undelivered[node] || Array.Exists(_dependants[node], d => _states[d] is NodeState.Waiting or NodeState.Ready);
}
