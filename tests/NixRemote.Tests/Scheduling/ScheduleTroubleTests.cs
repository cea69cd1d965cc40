using NixRemote.Scheduling;
using static NixRemote.Tests.Scheduling.SchedulingFixture;

namespace NixRemote.Tests.Scheduling;

/// <summary>Random graphs on builders that fail, come back with and without what they had, are gone, and lose slots to others, in random order:
/// whatever happens, nothing starts without its inputs, no slot is given twice, and the run comes to its end.</summary>
public sealed class ScheduleTroubleTests
{
    [Theory]
    [InlineData(SelectionPolicy.Balanced)]
    [InlineData(SelectionPolicy.Nix)]
    [InlineData(SelectionPolicy.NixLegacy)]
    public void Whatever_happens_the_run_is_sound(SelectionPolicy policy)
    {
        for (var seed = 0; seed < 60; seed++)
        {
            new Trouble(seed, policy).Run();
        }
    }

    private sealed class Trouble
    {
        private const int Nodes = 120;
        private const int Builders = 6;

        private readonly Random _random;
        private readonly ScheduleNode[] _nodes;
        private readonly ScheduleBuilder[] _builders;
        private readonly GraphSchedule _schedule;

        /// <summary>What is really where: outputs on builders that can be reached.</summary>
        private readonly HashSet<int>[] _has = [.. Enumerable.Range(0, Builders).Select(_ => new HashSet<int>())];
        private readonly HashSet<int> _atCoordinator = [];
        private readonly bool[] _isUp = new bool[Builders];
        private readonly bool[] _isGone = new bool[Builders];
        private readonly int[] _others = new int[Builders];
        private readonly Dictionary<int, int> _running = [];
        private readonly HashSet<int> _probed = [];
        private readonly int[] _starts = new int[Nodes];
        private TimeSpan _now;

        public Trouble(int seed, SelectionPolicy policy)
        {
            _random = new Random(seed);
            _nodes = [.. Enumerable.Range(0, Nodes).Select(i => Long(1 + _random.Next(60),
                [.. Enumerable.Range(0, i == 0 ? 0 : _random.Next(4)).Select(_ => _random.Next(Math.Max(0, i - 30), i)).Distinct()]) with
            {
                RequiredFeatures = _random.Next(5) == 0 ? ["kvm"] : [],
                PreferLocalBuild = _random.Next(10) == 0,
                IsGoal = i > Nodes - 10,
            })];
            _builders = [.. Enumerable.Range(0, Builders).Select(b => new ScheduleBuilder(
                Builder($"b{b}", 1 + _random.Next(3), 0.5 + _random.Next(4)) with { SupportedFeatures = b % 2 == 0 ? ["kvm"] : [] })
            {
                IsLocal = b == 0,
            })];
            _schedule = new GraphSchedule(_nodes, _builders, new ScheduleOptions { Policy = policy, MaxAttempts = 1000 }, []);
            for (var b = 0; b < Builders; b++)
            {
                Reach(b);
            }
        }

        public void Run()
        {
            for (var step = 0; !_schedule.IsFinished; step++)
            {
                Assert.True(step < 20_000, "The run does not end.");
                Dispatch();
                if (_running.Count == 0 || _random.Next(4) == 0)
                {
                    _now = _schedule.NextDeadline is { } deadline && _running.Count == 0 && deadline > _now ? deadline : _now + At(_random.Next(5));
                    Free(step);
                }
                else
                {
                    _now += At(_random.NextDouble() * 10);
                    Happen(step);
                }
            }

            Assert.All(Enumerable.Range(0, Nodes), n => Assert.Contains(_schedule.StateOf(n), new[] { NodeState.Done, NodeState.NotNeeded }));
            Assert.All(Enumerable.Range(Nodes - 9, 9), n => Assert.True(IsThere(n), $"The goal {n} is nowhere."));
        }

        private void Dispatch()
        {
            while (_schedule.TryNext(_now, out var command))
            {
                if (command.Kind == ScheduleCommandKind.Probe)
                {
                    Assert.False(_isUp[command.Builder]);
                    _probed.Add(command.Builder);
                    continue;
                }

                Assert.Equal(ScheduleCommandKind.Start, command.Kind);
                var (node, builder) = (command.Node, command.Builder);
                Assert.True(_isUp[builder], "A builder that rests got work.");
                Assert.All(_nodes[node].RequiredFeatures, f => Assert.Contains(f, _builders[builder].Builder.SupportedFeatures));
                Assert.All(_nodes[node].Dependencies, d => Assert.True(IsThere(d), $"{node} starts without {d}."));
                Assert.True(_running.TryAdd(node, builder), $"{node} runs twice.");
                Assert.True(_running.Values.Count(b => b == builder) + _others[builder] <= _builders[builder].Builder.MaxJobs, "A slot was given twice.");
                Assert.True(_starts[node]++ < 200);
            }

            Assert.Equal(_running.Count, _schedule.RunningCount);
        }

        private void Happen(int step)
        {
            var (node, builder) = _running.ElementAt(_random.Next(_running.Count));
            switch (_random.Next(step < 3000 ? 12 : 1))
            {
                case 8:
                    Fall(builder);
                    break;
                case 9 when _isGone.Count(g => g) < 3 && builder > 1:
                    _isGone[builder] = true;
                    Fall(builder);
                    break;
                case 10:
                    _running.Remove(node);
                    Assert.True(_schedule.Returned(node, Error(), _now, out _));
                    _schedule.BuilderFailed(builder, Error(), _now);
                    Lose(builder, keeps: true);
                    break;
                case 11:
                    var free = _builders[builder].Builder.MaxJobs - _running.Values.Count(b => b == builder);
                    _schedule.SlotsTaken(builder, _others[builder] = free);
                    break;
                default:
                    _running.Remove(node);
                    _has[builder].Add(node);
                    _has[builder].UnionWith(_isUp[builder] ? _nodes[node].Dependencies : []);
                    if (builder == 0)
                    {
                        _atCoordinator.Add(node);
                    }

                    _schedule.Built(node, _now);
                    break;
            }
        }

        /// <summary>Slots come back, and builders answer their probes or do not.</summary>
        private void Free(int step)
        {
            for (var b = 0; b < Builders; b++)
            {
                if (_others[b] > 0)
                {
                    _schedule.SlotsTaken(b, _others[b] = 0);
                }
            }

            foreach (var builder in _probed.ToList())
            {
                _probed.Remove(builder);
                if (_isGone[builder])
                {
                    continue;
                }

                if (step < 3000 && _random.Next(3) == 0)
                {
                    _schedule.BuilderFailed(builder, Error(), _now);
                }
                else
                {
                    Reach(builder);
                }
            }
        }

        private void Fall(int builder)
        {
            if (_isGone[builder])
            {
                _schedule.BuilderGone(builder, Error(), _now);
            }
            else
            {
                _schedule.BuilderFailed(builder, Error(), _now);
            }

            Lose(builder, keeps: _random.Next(2) == 0);
            foreach (var (node, _) in _running.Where(r => r.Value == builder).ToList())
            {
                _running.Remove(node);
                Assert.True(_schedule.Returned(node, Error(), _now, out _));
            }
        }

        private void Lose(int builder, bool keeps)
        {
            _isUp[builder] = false;
            if (!keeps)
            {
                _has[builder].Clear();
            }
        }

        private void Reach(int builder)
        {
            _isUp[builder] = true;
            _schedule.BuilderReady(builder, _now);
            foreach (var node in _has[builder])
            {
                _schedule.OutputsAt(node, builder);
            }
        }

        private bool IsThere(int node) => _atCoordinator.Contains(node) || Enumerable.Range(0, Builders).Any(b => _isUp[b] && _has[b].Contains(node));
    }
}
