namespace NixRemote.Scheduling;

/// <summary>What becomes of builders.</summary>
public sealed partial class GraphSchedule
{
    /// <summary>Builders that rest, by the end of their rest.</summary>
    private readonly PriorityQueue<int, TimeSpan> _resting = new();

    /// <summary>Event: a builder was reached, for the first time or after a <see cref="ScheduleCommandKind.Probe"/>. What it holds is to be
    /// told after it.</summary>
    public void BuilderReady(int builder, TimeSpan now)
    {
        Pass(now);
        var state = _builders[builder];
        if (state.Gone is not null || state.IsWorking)
        {
            return;
        }

        state.Circuit.Reach();
        (state.ReachedAt, state.IsWorking) = (now, true);
        _capacity += state.Capacity;
        foreach (var nodeClass in state.Kind.Classes)
        {
            nodeClass.Working++;
        }

        Place(builder);
        Unhold(builder);
    }

    /// <summary>Event: a builder failed, at whatever: it rests, and is probed before it gets work again. Many builds may report the
    /// same failure. The nodes that it runs are to be reported one by one. What only it has is built again, unless it is back
    /// before that would be done.</summary>
    public void BuilderFailed(int builder, NixRemoteException error, TimeSpan now)
    {
        Pass(now);
        var state = _builders[builder];
        if (state.Gone is not null || !state.Circuit.Fail(error, now))
        {
            return;
        }

        _resting.Enqueue(builder, state.Circuit.Until);
        StopWork(builder, now);
        Delay(Forget(builder), now);
    }

    /// <summary>Event: a builder will not be used again in this run. The nodes that it runs are to be reported one by one.</summary>
    public void BuilderGone(int builder, NixRemoteException error, TimeSpan now)
    {
        Pass(now);
        var state = _builders[builder];
        if (state.Gone is not null)
        {
            return;
        }

        state.Gone = error;
        StopWork(builder, now);
        Forget(builder);
        foreach (var nodeClass in state.Kind.Classes)
        {
            if (--nodeClass.Remaining == 0)
            {
                Despair(nodeClass);
            }

            foreach (var node in nodeClass.Held)
            {
                _refused.Enqueue(node);
            }
        }
    }

    /// <summary>Event: that many of a builder's slots are taken by others.</summary>
    public void SlotsTaken(int builder, int others)
    {
        var freed = others < _builders[builder].Others;
        _builders[builder].Others = others;
        Place(builder);
        if (freed)
        {
            Unhold(builder);
        }
    }

    /// <summary>Event: the load that others put on a builder was measured, in builds. It matters to <see cref="SelectionPolicy.Balanced"/> only.</summary>
    public void LoadMeasured(int builder, double builds)
    {
        _builders[builder].ExtraLoad = Math.Max(0, builds);
        Place(builder);
    }

    /// <summary>Event: the bandwidth to a builder was measured.</summary>
    public void BandwidthMeasured(int builder, double bytesPerSecond)
    {
        if (bytesPerSecond > 0 && double.IsFinite(bytesPerSecond))
        {
            _builders[builder].BytesPerSecond = bytesPerSecond;
            Place(builder);
        }
    }

    /// <summary>Time goes on, never back.</summary>
    private void Pass(TimeSpan now) => _now = now > _now ? now : _now;

    private void StopWork(int builder, TimeSpan now)
    {
        var state = _builders[builder];
        if (state.IsWorking)
        {
            state.IsWorking = false;
            _capacity -= state.Capacity;
            foreach (var nodeClass in state.Kind.Classes)
            {
                if (--nodeClass.Working == 0)
                {
                    nodeClass.StalledSince = now;
                }
            }
        }

        Place(builder);

        // Who waited for it must do with another one.
        Wake(state);
        Unhold(builder);
    }

    /// <summary>No builder is left for a class: its ready nodes have no hope.</summary>
    private void Despair(NodeClass nodeClass)
    {
        for (var place = nodeClass.Ready.First; place >= 0; place = nodeClass.Ready.From(place + 1))
        {
            _hopeless.Enqueue(nodeClass.Order[place]);
        }

        foreach (var node in nodeClass.Held)
        {
            _hopeless.Enqueue(node);
        }
    }

    /// <summary>Puts a builder into the pool that fits it, or out of all.</summary>
    private void Place(int builder)
    {
        var state = _builders[builder];
        var pool = state.HasFreeSlot ? PoolOf(state) : null;
        PlaceBusy(builder);
        if (state.Pool is { } old && old != pool)
        {
            old.Remove(builder);
            state.Pool = null;
            if (old.Count == 0)
            {
                Open(old, -1);
            }
        }

        if (pool is null)
        {
            return;
        }

        state.Rank();
        pool.Place(builder);
        if (state.Pool is null && pool.Count == 1)
        {
            Open(pool, 1);
        }

        state.Pool = pool;
        Wake(state);
    }

    private void Open(BuilderPool pool, int change)
    {
        foreach (var nodeClass in pool.Kind.Classes)
        {
            nodeClass.OpenPools += change;
            Refresh(nodeClass);
        }
    }

    private BuilderPool PoolOf(BuilderState state)
    {
        // Stock Nix knows nothing of bandwidths.
        var magnitude = _options.Policy == SelectionPolicy.Balanced ? state.Magnitude + (state.IsGuest ? GuestPools : 0) : 0;
        if (!state.Kind.Pools.TryGetValue(magnitude, out var pool))
        {
            state.Kind.Pools[magnitude] = pool = new BuilderPool(state.Kind, _builders);
            foreach (var nodeClass in state.Kind.Classes)
            {
                nodeClass.Pools.Add(pool);
            }
        }

        return pool;
    }

    /// <summary>A builder of a kind has come or has a free slot again: nodes that wait for another one try it.</summary>
    private void Unhold(int builder)
    {
        foreach (var nodeClass in _builders[builder].Kind.Classes)
        {
            if (_builders[builder].HasFreeSlot)
            {
                WakeFirst(nodeClass, builder);
            }

            foreach (var node in nodeClass.Held)
            {
                if (_states[node] == NodeState.Ready)
                {
                    nodeClass.Ready.Add(_places[node]);
                }
            }

            if (nodeClass.Held.Count > 0)
            {
                nodeClass.Held.Clear();
                Refresh(nodeClass);
            }
        }
    }

    /// <summary>Lets nodes that were put back wait as long as building them again takes, for their builder may come back.</summary>
    private void Delay(List<int> lost, TimeSpan now)
    {
        if (lost.Count == 0)
        {
            return;
        }

        var seconds = _options.OutputsGrace.TotalSeconds;
        if (_capacity > 0)
        {
            seconds = Math.Min(seconds, lost.Sum(n => _durations[n]) / _capacity);
        }

        foreach (var node in lost)
        {
            var until = now + TimeSpan.FromSeconds(seconds);
            if (_states[node] == NodeState.Ready && _classOf[node].Ready.Remove(_places[node]))
            {
                Refresh(_classOf[node]);
                _delayed.Enqueue(node, until);
            }
            else if (_states[node] == NodeState.Waiting)
            {
                _notBefore[node] = until;
            }
        }
    }
}
