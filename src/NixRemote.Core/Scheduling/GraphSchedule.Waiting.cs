namespace NixRemote.Scheduling;

/// <summary>Waiting for a faster builder: a derivation on which the end of the run hangs does not go to a slow builder with a free
/// slot if a fast one, whose next build is about to end, would have it done earlier.</summary>
public sealed partial class GraphSchedule
{
    /// <summary>Waiting must end a build a tenth earlier at least: what is expected is not certain.</summary>
    private const double WorthWaiting = 0.9;

    /// <summary>A build that takes longer than expected makes those that wait for its slot go elsewhere after this part of the expected wait more.</summary>
    private const double WaitTolerance = 0.1;

    /// <summary>Whether a node's duration is known. Nobody waits for what is only assumed.</summary>
    private readonly bool[] _isTimed;

    /// <summary>When running nodes are expected to end, in seconds of the run.</summary>
    private readonly double[] _expectedEnds;

    /// <summary>Ready nodes that wait for a slot of a certain builder, until when at the latest, and the second in which they would be done there.</summary>
    private readonly Dictionary<int, (int Builder, TimeSpan Until, double End)> _awaited = [];

    /// <summary>The nodes that wait or did so, by the time when that ends at the latest.</summary>
    private readonly PriorityQueue<int, TimeSpan> _patience = new();

    /// <summary>Nodes that waited in vain: they do so no more.</summary>
    private readonly HashSet<int> _disappointed = [];

    /// <summary>The builder whose next free slot a ready node waits for, since it will be done there earlier than on any that has a free slot
    /// now; -1 if it waits for none.</summary>
    public int AwaitedBuilder(int node) => _awaited.TryGetValue(node, out var wait) ? wait.Builder : -1;

    /// <summary>The ready nodes that wait for a builder's next free slot.</summary>
    public IEnumerable<int> AwaitingNodes => _awaited.Keys;

    /// <summary>Lets a node wait if that ends it earlier.</summary>
    /// <param name="node">A ready node that is late wherever a slot is free.</param>
    /// <param name="builder">The best of those builders.</param>
    /// <returns>Whether it waits.</returns>
    private bool TryAwait(int node, int builder)
    {
        if (!_isTimed[node] || _disappointed.Contains(node))
        {
            return false;
        }

        var (now, attempts) = (_now.TotalSeconds, _attempts[node]);
        var (awaited, earliest) = (-1, WorthWaiting * TimeOn(node, builder));
        foreach (var kind in _classOf[node].Kinds)
        {
            foreach (var busy in kind.Busy.Values)
            {
                Extend(busy);
                if (busy.Best(attempts, again: false) is >= 0 and var candidate
                    && _builders[candidate].NextEnd - now + TimeOn(node, candidate) is var end && end < earliest)
                {
                    (awaited, earliest) = (candidate, end);
                }
            }
        }

        if (awaited < 0)
        {
            return false;
        }

        var until = _now + TimeSpan.FromSeconds((_builders[awaited].NextEnd - now) * (1 + WaitTolerance));
        _classOf[node].Ready.Remove(_places[node]);
        _awaited[node] = (awaited, until, now + earliest);
        _builders[awaited].Awaiting.Add(node);
        _classOf[node].Awaiting.Add(node);
        _patience.Enqueue(node, until);
        PlaceBusy(awaited);
        Refresh(_classOf[node]);
        return true;
    }

    /// <summary>Seconds that moving what a node needs to a builder with nothing else on it, and building it there, take.</summary>
    private double TimeOn(int node, int builder) =>
        TimeToBring(node, builder) + _durations[node] / _builders[builder].Declared.Builder.SpeedFactor;

    /// <summary>Builds that should have ended are expected to take as long again as they have taken.</summary>
    private void Extend(BuilderHeap busy)
    {
        var now = _now.TotalSeconds;
        while (busy.First is >= 0 and var builder && _builders[builder].Builds[0] is var node && _expectedEnds[node] < now)
        {
            var lasted = (_now - _startedAt[node]).TotalSeconds;
            _builders[builder].Builds.RemoveAt(0);
            Expect(node, builder, now + Math.Max(1, lasted));
            PlaceBusy(builder);
        }
    }

    /// <summary>Puts a build in its place among those of its builder.</summary>
    private void Expect(int node, int builder, double end)
    {
        var state = _builders[builder];
        _expectedEnds[node] = end;
        var place = state.Builds.Count;
        while (place > 0 && _expectedEnds[state.Builds[place - 1]] > end)
        {
            place--;
        }

        state.Builds.Insert(place, node);
    }

    /// <summary>Nodes that wait for a builder try again: as many as it has free slots, or all if it gets no work any more.</summary>
    private void Wake(BuilderState state)
    {
        var count = state.IsWorking ? Math.Min(state.FreeSlots, state.Awaiting.Count) : state.Awaiting.Count;
        foreach (var node in state.Awaiting.GetRange(0, Math.Max(0, count)))
        {
            StopWaiting(node);
            Queue(node);
        }
    }

    /// <summary>A slot is free that nobody waited for: of those that wait for others, and would be done earlier there, the most urgent tries again.</summary>
    private void WakeFirst(NodeClass nodeClass, int builder)
    {
        var (first, speed) = (-1, _builders[builder].Declared.Builder.SpeedFactor);
        foreach (var node in nodeClass.Awaiting)
        {
            var left = _awaited[node].End - _now.TotalSeconds;
            if ((first < 0 || _ranks[node] < _ranks[first]) && _durations[node] / speed < left && TimeOn(node, builder) < left)
            {
                first = node;
            }
        }

        if (first >= 0)
        {
            StopWaiting(first);
            Queue(first);
        }
    }

    private bool StopWaiting(int node)
    {
        if (!_awaited.Remove(node, out var wait))
        {
            return false;
        }

        _builders[wait.Builder].Awaiting.Remove(node);
        _classOf[node].Awaiting.Remove(node);
        PlaceBusy(wait.Builder);
        return true;
    }

    /// <summary>Nodes that have waited longer than was expected go wherever a slot is free.</summary>
    private void EndWaits(TimeSpan now)
    {
        while (_patience.TryPeek(out var node, out var time))
        {
            var waits = _awaited.TryGetValue(node, out var wait) && wait.Until == time;
            if (waits && time > now)
            {
                break;
            }

            _patience.Dequeue();
            if (waits)
            {
                StopWaiting(node);
                _disappointed.Add(node);
                Queue(node);
            }
        }
    }

    /// <summary>Puts a builder without a free slot among those of its kind and speed, by the time when the next slot that nobody waits for
    /// becomes free, if that is known.</summary>
    private void PlaceBusy(int builder)
    {
        var state = _builders[builder];
        if (_options.Policy == SelectionPolicy.Balanced && state.IsWorking && !state.HasFreeSlot
            && state.Awaiting.Count < state.Builds.Count && state.Builds[state.Awaiting.Count] is var node && _isTimed[node])
        {
            state.NextEnd = _expectedEnds[node];
            state.Keys[BuilderState.BusyKey] = new PlacementKey(state.NextEnd, -state.Declared.Builder.SpeedFactor, 0, builder);
            (state.Busy ??= state.Kind.BusyAt(state, _builders)).Place(builder);
        }
        else if (state.HeapIndices[BuilderState.BusyKey] >= 0)
        {
            state.Busy!.Remove(builder);
        }
    }
}
