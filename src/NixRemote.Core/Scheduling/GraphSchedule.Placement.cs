namespace NixRemote.Scheduling;

/// <summary>Which derivation next, and where.</summary>
public sealed partial class GraphSchedule
{
    /// <summary>Command: what is to be done next. Call it until there is nothing, after events and at <see cref="NextDeadline"/>.</summary>
    public bool TryNext(TimeSpan now, out ScheduleCommand command)
    {
        Pass(now);
        EndWaits(now);
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

            if (_awaited.ContainsKey(node))
            {
                continue;
            }

            // Only builders that failed it have a free slot: it waits for the others, if there are any.
            var nodeClass = _classOf[node];
            nodeClass.Ready.Remove(_places[node]);
            nodeClass.Held.Add(node);
            _refused.Enqueue(node);
            Refresh(nodeClass);
        }

        return TryGiveUp(now, out command);
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

            if (_patience.TryPeek(out _, out var wait) && wait < next)
            {
                next = wait;
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

        while (_refused.TryDequeue(out var refused))
        {
            if (IsRefusedByAll(refused))
            {
                _hopeless.Enqueue(refused);
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
        var state = _builders[builder];
        var remade = 0;
        double? remakeTime = state.IsGuest ? TimeToRemake(node, builder, out remade) : null;
        BeginMoves(node, builder, out var bytes);
        Expect(node, builder, now.TotalSeconds + (remakeTime ?? bytes / state.BytesPerSecond) + _durations[node] / state.Declared.Builder.SpeedFactor);
        Place(builder);
        Refresh(_classOf[node]);
        return new ScheduleCommand(ScheduleCommandKind.Start, node, builder, bytes, remade);
    }

    private void Release(int node)
    {
        var builder = _runningOn[node];
        _builders[builder].Own--;
        _builders[builder].Builds.Remove(node);
        RunningCount--;
        Place(builder);
        Unhold(builder);
    }

    /// <summary>The builder for the most urgent ready node of a class, -1 if it waits for one; or, where it would be late on any builder with
    /// a free slot and no busy one is worth waiting for, another node of the class that is not late there.</summary>
    private (int Node, int Builder) Choose(int node)
    {
        var builder = Best(node, out var isLate);
        if (builder < 0 || !isLate)
        {
            return (node, builder);
        }

        if (TryAwait(node, builder))
        {
            return (node, -1);
        }

        var nodeClass = _classOf[node];
        var speed = _builders[builder].Declared.Builder.SpeedFactor;
        var highest = TimeLeft * speed / nodeClass.TopSpeed;
        if (Height(node) <= highest || speed >= nodeClass.TopSpeed)
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
        var otherBuilder = other == node ? builder : Best(other, out _);
        return otherBuilder < 0 ? (node, builder) : (other, otherBuilder);
    }

    /// <summary>Seconds until the run can end at the earliest: all work on all builders, or the longest way that was still to go when it
    /// was entered.</summary>
    private double TimeLeft => Math.Max(_remainingWork / _capacity, _earliestEnd - _now.TotalSeconds);

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
    /// <param name="node">The node.</param>
    /// <param name="isLate">Whether the run will end later for it.</param>
    private int Best(int node, out bool isLate)
    {
        var attempts = _attempts[node];
        var best = Best(node, attempts, again: false, out isLate);
        return best >= 0 || attempts is null || OthersWork(node, attempts) ? best : Best(node, attempts, again: true, out isLate);
    }

    private int Best(int node, List<ScheduleAttempt>? attempts, bool again, out bool isLate)
    {
        isLate = false;
        if (_options.Policy != SelectionPolicy.Balanced)
        {
            return BestStock(node, attempts, again);
        }

        if (_prefersLocal[node] && _local >= 0 && IsCandidate(node, _local, attempts, again))
        {
            return _local;
        }

        // With time to spare the load is spread, so that slots of the fastest stay free; where time presses, the fastest slot counts.
        var latest = TimeLeft - (Height(node) - Shortest(node));
        var best = BestBalanced(node, attempts, again, isUrgent: false, out var finish);
        if (best >= 0 && finish > latest)
        {
            best = BestBalanced(node, attempts, again, isUrgent: true, out finish);
            isLate = finish > latest;
        }

        return best;
    }

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
            var candidate = pool.Relaxed.Best(attempts, again);
            if (candidate >= 0 && (best < 0 || best == _local || (candidate != _local && Order(candidate, best, BuilderState.RelaxedKey) < 0)))
            {
                best = candidate;
            }
        }

        return best;
    }

    /// <summary>The builder with the earliest expected finish.</summary>
    /// <param name="node">The node.</param>
    /// <param name="attempts">Its failed attempts.</param>
    /// <param name="again">Whether a builder that failed it and has rested since takes it.</param>
    /// <param name="isUrgent">What builds of others cost: less if true.</param>
    /// <param name="finish">Seconds from now until its build ends there, if builds of others cost less.</param>
    private int BestBalanced(int node, List<ScheduleAttempt>? attempts, bool again, bool isUrgent, out double finish)
    {
        var best = new Candidate(-1, double.PositiveInfinity, 0);
        foreach (var pool in _classOf[node].Pools)
        {
            if ((isUrgent ? pool.Urgent : pool.Relaxed).Best(attempts, again) is >= 0 and var candidate)
            {
                Consider(node, candidate, isUrgent, ref best);
            }
        }

        foreach (var item in Weighed(node))
        {
            foreach (var holder in _held[item].List)
            {
                if (IsCandidate(node, holder, attempts, again))
                {
                    Consider(node, holder, isUrgent, ref best);
                }
            }
        }

        finish = best.Builder < 0 ? 0 : best.MoveTime + _durations[node] * _builders[best.Builder].UrgentSlowness;
        return best.Builder;
    }

    private bool IsCandidate(int node, int builder, List<ScheduleAttempt>? attempts, bool again) =>
        _builders[builder].HasFreeSlot && _classOf[node].Kinds.Contains(_builders[builder].Kind) && _builders[builder].Accepts(attempts, again);

    private void Consider(int node, int candidate, bool isUrgent, ref Candidate best)
    {
        var state = _builders[candidate];
        var time = _durations[node] * (isUrgent ? state.UrgentSlowness : state.Slowness);
        if (candidate == best.Builder || time > best.Finish)
        {
            return;
        }

        var moveTime = TimeToBring(node, candidate);
        time += moveTime;
        if (time < best.Finish || (time == best.Finish && Order(candidate, best.Builder, isUrgent ? BuilderState.UrgentKey : BuilderState.RelaxedKey) < 0))
        {
            best = new Candidate(candidate, time, moveTime);
        }
    }

    private double BytesToMove(int node, int builder)
    {
        var bytes = 0L;
        foreach (var item in Weighed(node))
        {
            bytes += IsAt(item, builder) ? 0 : _bytes[item];
        }

        return bytes;
    }

    private int Order(int left, int right, int key) => _builders[left].Keys[key].CompareTo(_builders[right].Keys[key]);

    private ReadOnlySpan<int> Weighed(int node) => _items[node].AsSpan(0, Math.Min(_items[node].Length, WeighedItems));

    /// <summary>The best builder so far, when the build would end there, and how much of that is moving what it lacks.</summary>
    private readonly record struct Candidate(int Builder, double Finish, double MoveTime);
}
