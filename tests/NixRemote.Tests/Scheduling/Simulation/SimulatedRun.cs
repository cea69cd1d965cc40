using System.Diagnostics;
using NixRemote.Scheduling;

namespace NixRemote.Tests.Scheduling.Simulation;

/// <summary>Drives a <see cref="GraphSchedule"/> through a world as a real run would, in simulated time. A slot of a builder builds at its
/// speed, whatever else runs there; before that it receives what is missing over the builder's link. A builder that dies takes
/// its builds and outputs along, and never answers again.</summary>
internal sealed class SimulatedRun
{
    private static readonly NixRemoteException _death = new(NixErrors.ConnectionLost, "The power is off.");

    private readonly SimulatedWorld _world;
    private readonly bool _outputsComeHome;
    private readonly GraphSchedule _schedule;
    private readonly PriorityQueue<Event, (TimeSpan, int)> _events = new();
    private readonly HashSet<int>[] _running;
    private readonly int[] _starts;
    private readonly int[] _built;
    private readonly bool[] _dead;
    private readonly Stopwatch _scheduling = new();
    private readonly Stopwatch _construction;
    private readonly Action<GraphSchedule>? _check;
    private TimeSpan _now;
    private TimeSpan _busy;
    private long _bytes;
    private int _decisions;
    private int _lost;
    private int _sequence;

    private SimulatedRun(SimulatedWorld world, SelectionPolicy policy, bool outputsComeHome, Action<GraphSchedule>? check)
    {
        (_world, _outputsComeHome, _check) = (world, outputsComeHome, check);
        _construction = Stopwatch.StartNew();
        _schedule = new GraphSchedule(world.Nodes, world.Builders, new ScheduleOptions { Policy = policy, MaxAttempts = 10 }, []);
        _construction.Stop();
        _scheduling.Start();
        for (var b = 0; b < world.Builders.Count; b++)
        {
            _schedule.BuilderReady(b, TimeSpan.Zero);
        }

        _scheduling.Stop();
        _running = [.. world.Builders.Select(_ => new HashSet<int>())];
        _starts = new int[world.Nodes.Count];
        _built = new int[world.Nodes.Count];
        _dead = new bool[world.Builders.Count];
        foreach (var (builder, seconds) in world.Deaths)
        {
            Add(TimeSpan.FromSeconds(seconds), new Event(-1, builder, 0));
        }
    }

    /// <summary>Runs to the end.</summary>
    /// <param name="world">The world.</param>
    /// <param name="policy">How builders are chosen.</param>
    /// <param name="outputsComeHome">Whether every output goes to the coordinator before the slot is free, as with Nix's build hook.</param>
    /// <param name="check">Called whenever the schedule has nothing more to start.</param>
    public static SimulationResult Run(SimulatedWorld world, SelectionPolicy policy, bool outputsComeHome = false, Action<GraphSchedule>? check = null) =>
        new SimulatedRun(world, policy, outputsComeHome, check).Run();

    private SimulationResult Run()
    {
        Dispatch();
        while (!_schedule.IsFinished)
        {
            Advance();
            Dispatch();
        }

        var slots = _world.Builders.Sum(b => b.Builder.MaxJobs);
        return new SimulationResult
        {
            Makespan = _now.TotalSeconds,
            Ratio = _now.TotalSeconds / _world.LowerBound.Total,
            Decisions = _decisions,
            Builds = _built.Sum(),
            Rebuilds = _built.Sum(b => Math.Max(0, b - 1)),
            Lost = _lost,
            BytesMoved = _bytes,
            IdleSlotSeconds = slots * _now.TotalSeconds - _busy.TotalSeconds,
            SlotSeconds = slots * _now.TotalSeconds,
            DecisionTime = _scheduling.Elapsed,
            ConstructionTime = _construction.Elapsed,
        };
    }

    /// <summary>The next event, or the schedule's own deadline if that is sooner.</summary>
    private void Advance()
    {
        var deadline = _schedule.NextDeadline ?? TimeSpan.MaxValue;
        if (!_events.TryPeek(out var next, out var when) || deadline < when.Item1)
        {
            _now = deadline.TotalSeconds < _world.LowerBound.Total * 100 ? deadline : throw new InvalidOperationException("The run stands still.");
            return;
        }

        _events.Dequeue();
        if (next.Node >= 0 && next.Start != _starts[next.Node])
        {
            return;
        }

        _now = when.Item1;
        _scheduling.Start();
        if (next.Node < 0)
        {
            Die(next.Builder);
        }
        else
        {
            _running[next.Builder].Remove(next.Node);
            _busy += _now - next.Begun;
            _built[next.Node]++;
            if (_outputsComeHome)
            {
                _schedule.OutputsAtCoordinator(next.Node);
                _bytes += _world.Nodes[next.Node].ExpectedOutputBytes!.Value;
            }

            _schedule.Built(next.Node, _now);
        }

        _scheduling.Stop();
    }

    private void Dispatch()
    {
        _scheduling.Start();
        while (_schedule.TryNext(_now, out var command))
        {
            _scheduling.Stop();
            switch (command.Kind)
            {
                case ScheduleCommandKind.Start:
                    Begin(command);
                    break;
                case ScheduleCommandKind.Probe:
                    _schedule.BuilderFailed(command.Builder, _death, _now);
                    break;
                default:
                    throw new InvalidOperationException($"Node {command.Node} was given up.");
            }

            _scheduling.Start();
        }

        _scheduling.Stop();
        _check?.Invoke(_schedule);
    }

    private void Begin(ScheduleCommand command)
    {
        var node = _world.Nodes[command.Node];
        var builder = _world.Builders[command.Builder];
        if (_dead[command.Builder])
        {
            throw new InvalidOperationException("A dead builder was given work.");
        }

        _decisions++;
        _bytes += command.Bytes;
        _running[command.Builder].Add(command.Node);
        var seconds = command.Bytes / builder.BytesPerSecond!.Value + node.ExpectedDuration!.Value.TotalSeconds / builder.Builder.SpeedFactor
            + (_outputsComeHome ? node.ExpectedOutputBytes!.Value / builder.BytesPerSecond.Value : 0);
        Add(_now + TimeSpan.FromSeconds(seconds), new Event(command.Node, command.Builder, ++_starts[command.Node]) { Begun = _now });
    }

    private void Die(int builder)
    {
        _dead[builder] = true;
        _schedule.BuilderFailed(builder, _death, _now);
        foreach (var node in _running[builder].Order().ToList())
        {
            _lost++;
            _starts[node]++;
            _schedule.Returned(node, _death, _now, out _);
        }

        _running[builder].Clear();
    }

    private void Add(TimeSpan time, Event what) => _events.Enqueue(what, (time, _sequence++));

    /// <summary>A build ends, or a builder (<see cref="Node"/> -1) dies. An event of a start that is not the node's last is void.</summary>
    private readonly record struct Event(int Node, int Builder, int Start)
    {
        public TimeSpan Begun { get; init; }
    }
}
