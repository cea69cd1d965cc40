namespace NixRemote.Scheduling;

/// <summary>Which derivation next, and where.</summary>
public sealed partial class GraphSchedule
{
    /// <summary>Command: what is to be done next. Call it until there is nothing, after events and at <see cref="NextDeadline"/>.</summary>
    public bool TryNext(TimeSpan now, out ScheduleCommand command)
    {
        if (TryProbe(now, out command) || TryGiveUp(now, out command))
        {
            return true;
        }

        while (_delayed.TryPeek(out var delayed, out var time) && time <= now)
        {
            _delayed.Dequeue();
            if (_states[delayed] == NodeState.Ready)
            {
                Queue(delayed);
            }
        }

        for (var rank = _front.First; rank >= 0; rank = _front.First)
        {
            var (node, builder) = Choose(_order[rank]);
            if (builder >= 0)
            {
                command = Start(node, builder, now);
                return true;
            }

            // Only builders that failed it have a free slot, and others live: it waits for those.
            var nodeClass = _classOf[node];
            nodeClass.Ready.Remove(_places[node]);
            nodeClass.Held.Add(node);
            Refresh(nodeClass);
        }

        command = default;
        return false;
    }

    /// <summary>When <see cref="TryNext"/> is to be called again although nothing has happened; null: never.</summary>
    public TimeSpan? NextDeadline
    {
        get
        {
            var next = TimeSpan.MaxValue;
            if (_resting.TryPeek(out _, out var rest))
            {
                next = rest;
            }

            if (_delayed.TryPeek(out _, out var delay) && delay < next)
            {
                next = delay;
            }

            if (_options.GiveUpAfter is { } patience)
            {
                foreach (var nodeClass in _classes)
                {
                    if (IsStalled(nodeClass) && nodeClass.StalledSince + patience < next)
                    {
                        next = nodeClass.StalledSince + patience;
                    }
                }
            }

            return next == TimeSpan.MaxValue ? null : next;
        }
    }

    private bool TryProbe(TimeSpan now, out ScheduleCommand command)
    {
        while (_resting.TryPeek(out var builder, out var until) && until <= now)
        {
            _resting.Dequeue();
            if (_builders[builder].Gone is null && _builders[builder].Circuit.TryProbe(now))
            {
                command = new ScheduleCommand(ScheduleCommandKind.Probe, -1, builder);
                return true;
            }
        }

        command = default;
        return false;
    }

    private bool TryGiveUp(TimeSpan now, out ScheduleCommand command)
    {
        if (_options.GiveUpAfter is { } patience)
        {
            foreach (var nodeClass in _classes)
            {
                if (IsStalled(nodeClass) && now >= nodeClass.StalledSince + patience)
                {
                    nodeClass.StalledSince = now;
                    Despair(nodeClass);
                }
            }
        }

        while (_hopeless.TryDequeue(out var node))
        {
            if (_states[node] is NodeState.Waiting or NodeState.Ready)
            {
                command = new ScheduleCommand(ScheduleCommandKind.GiveUp, node, -1);
                return true;
            }
        }

        command = default;
        return false;
    }

    private static bool IsStalled(NodeClass nodeClass) => nodeClass is { Working: 0, Remaining: > 0 } && nodeClass.Ready.Count + nodeClass.Held.Count > 0;

    private ScheduleCommand Start(int node, int builder, TimeSpan now)
    {
        _classOf[node].Ready.Remove(_places[node]);
        _states[node] = NodeState.Running;
        _runningOn[node] = builder;
        _startedAt[node] = now;
        _builders[builder].Own++;
        RunningCount++;
        BeginMoves(node, builder, out var bytes);
        Place(builder);
        Refresh(_classOf[node]);
        return new ScheduleCommand(ScheduleCommandKind.Start, node, builder, bytes);
    }

    private void Release(int node)
    {
        var builder = _runningOn[node];
        _builders[builder].Own--;
        RunningCount--;
        _active.Remove(_ranks[node]);
        Place(builder);
        Unhold(_builders[builder].Kind);
    }

    /// <summary>The builder for the most urgent ready node of a class; or, where the only builders free now are too slow for it
    /// and it would end late, another node of the class that is not late there.</summary>
    private (int Node, int Builder) Choose(int node)
    {
        var builder = Best(node);
        if (builder < 0 || _options.Policy != SelectionPolicy.Balanced)
        {
            return (node, builder);
        }

        var nodeClass = _classOf[node];
        var speed = _builders[builder].Declared.Builder.SpeedFactor;
        var highest = speed * TimeLeft(nodeClass);
        if (_heights[node] <= highest || speed >= nodeClass.TopSpeed)
        {
            return (node, builder);
        }

        var place = nodeClass.Ready.From(FirstNotAbove(nodeClass, highest));
        if (place < 0)
        {
            // Late wherever: the one with the shortest way to go.
            place = nodeClass.Ready.From(FirstNotAbove(nodeClass, _heights[nodeClass.Order[nodeClass.Ready.Last]]));
        }

        var other = nodeClass.Order[place];
        var otherBuilder = other == node ? builder : Best(other);
        return otherBuilder < 0 ? (node, builder) : (other, otherBuilder);
    }

    /// <summary>Seconds until the end of the run at the earliest: all work on all builders, or the longest way still to go.</summary>
    private double TimeLeft(NodeClass nodeClass)
    {
        var longest = _active.First;
        return Math.Max(_remainingWork / _capacity, longest < 0 ? 0 : _heights[_order[longest]] / nodeClass.TopSpeed);
    }

    private int FirstNotAbove(NodeClass nodeClass, double height)
    {
        var (low, high) = (0, nodeClass.Order.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _heights[nodeClass.Order[middle]] > height ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    /// <summary>The best builder for a node among those with a free slot, or -1. One that failed it before takes it only after a
    /// rest, and only where no other one works.</summary>
    private int Best(int node)
    {
        var attempts = _attempts[node];
        var best = Best(node, attempts, again: false);
        return best >= 0 || attempts is null || OthersWork(node, attempts) ? best : Best(node, attempts, again: true);
    }

    private int Best(int node, List<ScheduleAttempt>? attempts, bool again) =>
        _options.Policy == SelectionPolicy.Balanced ? BestBalanced(node, attempts, again) : BestStock(node, attempts, again);

    /// <summary>Whether a builder gets work that takes a node and has not failed it.</summary>
    private bool OthersWork(int node, List<ScheduleAttempt> attempts) =>
        _classOf[node].Working > attempts.Where(a => _builders[a.Builder].IsWorking).DistinctBy(a => a.Builder).Count();

    /// <summary>Whether every builder that is left failed a node, and none of them rests and will be tried again.</summary>
    private bool IsRefusedByAll(int node) => _attempts[node] is { } attempts && _classOf[node].Remaining
        <= attempts.Where(a => _builders[a.Builder] is { IsWorking: true } b && !b.Accepts(attempts, again: true)).DistinctBy(a => a.Builder).Count();

    private int BestStock(int node, List<ScheduleAttempt>? attempts, bool again)
    {
        var best = -1;
        foreach (var pool in _classOf[node].Pools)
        {
            // This machine takes what no other one does (scheduling.md §4).
            var candidate = pool.Best(attempts, again);
            if (candidate >= 0 && (best < 0 || best == _local || (candidate != _local && _builders[candidate].Key.CompareTo(_builders[best].Key) < 0)))
            {
                best = candidate;
            }
        }

        return best;
    }

    private int BestBalanced(int node, List<ScheduleAttempt>? attempts, bool again)
    {
        if (_prefersLocal[node] && _local >= 0 && IsCandidate(node, _local, attempts, again))
        {
            return _local;
        }

        var best = -1;
        var finish = double.PositiveInfinity;
        foreach (var pool in _classOf[node].Pools)
        {
            if (pool.Best(attempts, again) is >= 0 and var candidate)
            {
                Consider(node, candidate, ref best, ref finish);
            }
        }

        foreach (var item in Weighed(node))
        {
            foreach (var holder in _held[item].List)
            {
                if (IsCandidate(node, holder, attempts, again))
                {
                    Consider(node, holder, ref best, ref finish);
                }
            }
        }

        return best;
    }

    private bool IsCandidate(int node, int builder, List<ScheduleAttempt>? attempts, bool again) =>
        _builders[builder].HasFreeSlot && _classOf[node].Kinds.Contains(_builders[builder].Kind) && _builders[builder].Accepts(attempts, again);

    private void Consider(int node, int candidate, ref int best, ref double finish)
    {
        var state = _builders[candidate];
        var time = _durations[node] * state.Slowness;
        if (candidate == best || time > finish)
        {
            return;
        }

        var bytes = 0L;
        foreach (var item in Weighed(node))
        {
            bytes += IsAt(item, candidate) ? 0 : _bytes[item];
        }

        time += bytes / state.BytesPerSecond;
        if (time < finish || (time == finish && state.Key.CompareTo(_builders[best].Key) < 0))
        {
            (best, finish) = (candidate, time);
        }
    }

    private ReadOnlySpan<int> Weighed(int node) => _items[node].AsSpan(0, Math.Min(_items[node].Length, WeighedItems));
}
