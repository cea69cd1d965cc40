namespace NixRemote.Scheduling;

/// <summary>What becomes of nodes.</summary>
public sealed partial class GraphSchedule
{
    /// <summary>Nodes that were put back and are not to be started before a time, lest their builder comes back with their outputs.</summary>
    private readonly PriorityQueue<int, TimeSpan> _delayed = new();
    private readonly Dictionary<int, TimeSpan> _notBefore = [];

    /// <summary>Heights of nodes that were put back: of what needed them once, most is done.</summary>
    private readonly Dictionary<int, double> _heightsNow = [];

    /// <summary>Nodes that are to be given up.</summary>
    private readonly Queue<int> _hopeless = new();

    /// <summary>Nodes that every builder has failed, unless one of them rests by the time they are looked at.</summary>
    private readonly Queue<int> _refused = new();

    /// <summary>Event: a running node was built.</summary>
    /// <param name="node">The node.</param>
    /// <param name="now">When it ended.</param>
    /// <param name="buildTime">The build alone, without bringing its inputs; null: all since its start.</param>
    /// <param name="outputBytes">Bytes of its outputs' archives; null: not known.</param>
    public void Built(int node, TimeSpan now, TimeSpan? buildTime = null, long? outputBytes = null)
    {
        Pass(now);
        var builder = _builders[RunningOn(node)];
        EndMoves(node, arrived: true);
        _bytes[node] = outputBytes ?? _bytes[node];
        _atCoordinator[node] |= _runningOn[node] == _local;
        if (builder.IsWorking)
        {
            Hold(node, _runningOn[node]);
            builder.Circuit.Succeed();
        }

        _remainingWork -= _durations[node];
        _durations[node] = (buildTime ?? now - _startedAt[node]).TotalSeconds * builder.Declared.Builder.SpeedFactor;
        Release(node);
        Complete(node);
        if (!IsAvailable(node) && IsNeeded(node))
        {
            // Its builder failed in the same moment.
            Reopen(node, []);
        }
    }

    /// <summary>Event: a running node failed for good; what needs it is given up.</summary>
    /// <returns>The nodes that were given up with it.</returns>
    public IReadOnlyList<int> Failed(int node)
    {
        RunningOn(node);
        EndMoves(node, arrived: false);
        Release(node);
        return Abandon(node);
    }

    /// <summary>Event: the builder of a running node failed, not the build. It may go elsewhere, and back only when the builder has
    /// rested and no other one works.</summary>
    /// <remarks>Where the builder is at fault, tell <see cref="BuilderFailed"/> first.</remarks>
    /// <param name="node">The node.</param>
    /// <param name="error">What happened.</param>
    /// <param name="now">When.</param>
    /// <param name="givenUp">If it is not tried again: the nodes that were given up with it.</param>
    /// <returns>Whether it is tried again.</returns>
    public bool Returned(int node, NixRemoteException error, TimeSpan now, out IReadOnlyList<int> givenUp)
    {
        Pass(now);
        var attempts = _attempts[node] ??= [];
        attempts.Add(new ScheduleAttempt(RunningOn(node), _startedAt[node], now, error));
        EndMoves(node, arrived: false);
        Release(node);
        if (attempts.Count >= _options.MaxAttempts)
        {
            givenUp = Abandon(node);
            return false;
        }

        Requeue(node);
        givenUp = [];
        return true;
    }

    /// <summary>Event: a node could not be started, since another process has taken the slot; it is no attempt. Tell
    /// <see cref="SlotsTaken"/> first, lest the same builder is chosen again.</summary>
    public void Refused(int node)
    {
        RunningOn(node);
        EndMoves(node, arrived: false);
        Release(node);
        Requeue(node);
    }

    /// <summary>Gives up a node that is not running, and what needs it.</summary>
    /// <returns>The nodes that were given up with it.</returns>
    public IReadOnlyList<int> GiveUp(int node) => _states[node] is NodeState.Waiting or NodeState.Ready
        ? Abandon(node)
        : throw new InvalidOperationException($"Node {node} is {_states[node]}; it cannot be given up.");

    private int RunningOn(int node) => _states[node] == NodeState.Running
        ? _runningOn[node]
        : throw new InvalidOperationException($"Node {node} is {_states[node]}, not running.");

    private void MakeReady(int node)
    {
        _states[node] = NodeState.Ready;
        _earliestEnd = Math.Max(_earliestEnd, _now.TotalSeconds + Height(node));
        if (_notBefore.Remove(node, out var time))
        {
            _delayed.Enqueue(node, time);
            return;
        }

        Queue(node);
    }

    private void Queue(int node)
    {
        var nodeClass = _classOf[node];
        nodeClass.Ready.Add(_places[node]);
        if (nodeClass.Remaining == 0)
        {
            _hopeless.Enqueue(node);
        }

        Refresh(nodeClass);
    }

    /// <summary>A ready node leaves that state.</summary>
    private void Unqueue(int node)
    {
        var nodeClass = _classOf[node];
        if (!nodeClass.Ready.Remove(_places[node]) && !StopWaiting(node))
        {
            nodeClass.Held.Remove(node);
        }

        Refresh(nodeClass);
    }

    /// <summary>Puts a class in its place in the front, by its first ready node.</summary>
    private void Refresh(NodeClass nodeClass)
    {
        var rank = nodeClass.OpenPools > 0 && nodeClass.Ready.Count > 0 ? _ranks[nodeClass.Order[nodeClass.Ready.First]] : -1;
        if (rank == nodeClass.FrontRank)
        {
            return;
        }

        if (nodeClass.FrontRank >= 0)
        {
            _front.Remove(nodeClass.FrontRank);
        }

        if (rank >= 0)
        {
            _front.Add(rank);
        }

        nodeClass.FrontRank = rank;
    }

    /// <summary>Outputs of a node were found.</summary>
    private void Find(int node)
    {
        switch (_states[node])
        {
            case NodeState.Ready:
                Unqueue(node);
                goto case NodeState.Waiting;
            case NodeState.Waiting:
                _remainingWork -= _durations[node];
                _notBefore.Remove(node);
                Complete(node);
                break;
            case NodeState.NotNeeded:
                _states[node] = NodeState.Done;
                break;
        }
    }

    private void Complete(int node)
    {
        _states[node] = NodeState.Done;
        _unfinished--;
        foreach (var dependant in _dependants[node])
        {
            if (_states[dependant] == NodeState.Waiting && --_open[dependant] == 0)
            {
                MakeReady(dependant);
            }
        }

        Unneed(node);
    }

    /// <summary>A node is settled: what was to be built for it alone is not needed any more.</summary>
    private void Unneed(int node)
    {
        var settled = new Stack<int>();
        settled.Push(node);
        while (settled.TryPop(out var one))
        {
            foreach (var dependency in _dependencies[one])
            {
                if (--_needers[dependency] > 0 || _undelivered[dependency] || _states[dependency] is not (NodeState.Waiting or NodeState.Ready))
                {
                    continue;
                }

                if (_states[dependency] == NodeState.Ready)
                {
                    Unqueue(dependency);
                }

                _states[dependency] = NodeState.NotNeeded;
                _notBefore.Remove(dependency);
                _remainingWork -= _durations[dependency];
                _unfinished--;
                settled.Push(dependency);
            }
        }
    }

    /// <summary>A node that is not running any more waits again for what it needs.</summary>
    private void Requeue(int node)
    {
        // Those that are reopened count themselves.
        _states[node] = NodeState.Waiting;
        _open[node] = _dependencies[node].Count(IsOpen);
        foreach (var dependency in _dependencies[node])
        {
            if (!IsOpen(dependency) && !IsAvailable(dependency))
            {
                Reopen(dependency, []);
            }
        }

        Settle(node);
        if (IsRefusedByAll(node))
        {
            _refused.Enqueue(node);
        }
    }

    /// <summary>A node that was done or not needed must be built (again), and what it needs and is nowhere too.</summary>
    /// <param name="node">The node.</param>
    /// <param name="reopened">Gets the nodes.</param>
    private void Reopen(int node, List<int> reopened)
    {
        var first = reopened.Count;
        var open = new Stack<int>();
        open.Push(node);
        while (open.TryPop(out var one))
        {
            if (IsOpen(one))
            {
                continue;
            }

            _states[one] = NodeState.Waiting;
            _unfinished++;
            _remainingWork += _durations[one];
            _open[one] = 0;
            reopened.Add(one);
            foreach (var dependant in _dependants[one])
            {
                if (_states[dependant] == NodeState.Ready)
                {
                    Unqueue(dependant);
                    _states[dependant] = NodeState.Waiting;
                }

                if (_states[dependant] == NodeState.Waiting)
                {
                    _open[dependant]++;
                }
            }

            foreach (var dependency in _dependencies[one])
            {
                _needers[dependency]++;
                if (IsOpen(dependency))
                {
                    _open[one]++;
                }
                else if (!IsAvailable(dependency))
                {
                    // It counts itself among what this one waits for when its turn comes.
                    open.Push(dependency);
                }
            }
        }

        // What needs a node has a shorter way to go than the node.
        foreach (var one in reopened.Skip(first).OrderBy(n => _heights[n]))
        {
            _heightsNow[one] = Shortest(one) + _dependants[one].Where(IsOpen).Select(Height).DefaultIfEmpty().Max();
        }

        foreach (var one in reopened.Skip(first))
        {
            Settle(one);
        }
    }

    /// <summary>Makes a waiting node ready if all it needs is there; one that needs something which failed has no hope.</summary>
    private void Settle(int node)
    {
        if (_open[node] == 0)
        {
            MakeReady(node);
        }
        else if (Array.Exists(_dependencies[node], d => _states[d] is NodeState.Failed or NodeState.DependencyFailed))
        {
            _hopeless.Enqueue(node);
        }
    }

    /// <summary>Whether a node is neither done nor unneeded.</summary>
    private bool IsOpen(int node) => _states[node] is not (NodeState.Done or NodeState.NotNeeded);

    private double Height(int node) => _heightsNow.Count > 0 && _heightsNow.TryGetValue(node, out var height) ? height : _heights[node];

    private List<int> Abandon(int node)
    {
        Fail(node, NodeState.Failed);
        var lost = new List<int>();
        var open = new Stack<int>(_dependants[node]);
        while (open.TryPop(out var dependant))
        {
            if (_states[dependant] is not (NodeState.Waiting or NodeState.Ready))
            {
                continue;
            }

            Fail(dependant, NodeState.DependencyFailed);
            lost.Add(dependant);
            foreach (var next in _dependants[dependant])
            {
                open.Push(next);
            }
        }

        return lost;
    }

    private void Fail(int node, NodeState state)
    {
        if (_states[node] == NodeState.Ready)
        {
            Unqueue(node);
        }

        _states[node] = state;
        _notBefore.Remove(node);
        _remainingWork -= _durations[node];
        _unfinished--;
    }
}
