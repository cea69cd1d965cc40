using NixRemote.Scheduling;
using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Builds;

public sealed partial class BuildRun
{
    /// <summary>The loop of a run: gives out work, takes in what has happened, ends goals.</summary>
    private sealed partial class Execution
    {
        private readonly BuildRun _run;
        private readonly RunWork _work;
        private readonly NodeRun[] _nodeRuns;
        private readonly GraphSchedule _schedule;
        private readonly CancellationTokenSource _stopBuilds;
        private readonly CancellationToken _cancellation;
        private string? _waitingFor;
        private readonly HashSet<int> _toldOfWaiting = [];
        private bool _dispatched;

        public Execution(BuildRun run, IReadOnlyList<BuildGoal> goals, RunWork work, CancellationTokenSource stopBuilds, CancellationToken cancellation)
        {
            (_run, _work, _stopBuilds, _cancellation) = (run, work, stopBuilds, cancellation);
            _goals = [.. goals.Select(g => new GoalRun(g, work.IndexOf(g.DerivationPath), run._graph.Outputs(g.DerivationPath, g.OutputNames)))];
            _openGoals = goals.Count;
            _nodeRuns = [.. work.Paths.Select(_ => new NodeRun())];
            _schedule = work.Schedule(run._builders, run._options);
            run._builderChanged = BuilderChanged;
            run._bandwidthMeasured = _schedule.BandwidthMeasured;
            for (var b = 0; b < run._builders.Length; b++)
            {
                BuilderChanged(b);
            }
        }

        private TimeSpan Now => _run._clock.Elapsed;

        public async Task<IReadOnlyList<NixBuildResult>> RunAsync()
        {
            while (true)
            {
                Dispatch();
                GiveUpWhatCannotBegin();
                DeliverGoals();
                if (_openGoals == 0 && _schedule.RunningCount == 0)
                {
                    return [.. _goals.Select(g => g.Result!)];
                }

                TellWait();
                await AwaitEventAsync().ConfigureAwait(false);
                while (_run._posted.Reader.TryRead(out var action))
                {
                    action();
                }
            }
        }

        /// <summary>Completes when no build is under way: each remote one has ended, or its connection is broken.</summary>
        public Task BuildsEndedAsync() => Task.WhenAll(_nodeRuns.Select(n => n.Attempt));

        /// <summary>Waits for something to happen, at the longest until the schedule wants to be asked again.</summary>
        private async Task AwaitEventAsync()
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_cancellation);
            if (!_stopBuilds.IsCancellationRequested && _schedule.NextDeadline is { } deadline)
            {
                var left = deadline - Now;
                limit.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
            }

            try
            {
                await _run._posted.Reader.WaitToReadAsync(limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!_cancellation.IsCancellationRequested)
            {
                // The schedule's time has come.
            }
        }

        /// <summary>Tells the schedule how a builder is now, and the user what needs not be built since it has it.</summary>
        private void BuilderChanged(int index)
        {
            foreach (var node in _run.TellOfBuilder(_schedule, _work, index))
            {
                if (_dispatched)
                {
                    _run._events(new BuildEvent.Decision($"{_work.Paths[node]} is not built: {_run._builders[index].Name} has its outputs."));
                }
            }

            LoadRead(index, _run._builders[index].Load);
        }

        private void Dispatch()
        {
            _dispatched = true;
            while (!_stopBuilds.IsCancellationRequested && _schedule.TryNext(Now, out var command))
            {
                switch (command.Kind)
                {
                    case ScheduleCommandKind.Start:
                        if (command.Remade > 0)
                        {
                            _run._events(new BuildEvent.Decision(
                                $"{_work.Paths[command.Node]} goes to {_run._builders[command.Builder].Name} although that does not trust this user and has to make {command.Remade} of its inputs itself: "
                                + "no builder with a free slot that trusts this user would be done earlier."));
                        }

                        _run._builders[command.Builder].Running++;
                        _nodeRuns[command.Node].Attempt = BuildAsync(command.Node, command.Builder);
                        break;
                    case ScheduleCommandKind.Probe:
                        _run._builders[command.Builder].IsConnecting = true;
                        _ = _run.ConnectAsync(command.Builder, Task.FromResult(_run._graph), _stopBuilds.Token);
                        break;
                    case ScheduleCommandKind.GiveUp:
                        GiveUp(command.Node);
                        break;
                }
            }

            foreach (var node in _schedule.AwaitingNodes.Where(_toldOfWaiting.Add))
            {
                _run._events(new BuildEvent.Decision(
                    $"{_work.Paths[node]} waits for a slot of {_run._builders[_schedule.AwaitedBuilder(node)].Name}, where it will be done earlier than on any builder that has one free."));
            }
        }

        /// <summary>Nobody waits for builders to come back that never were there: where all that take a derivation failed from the start,
        /// the configuration is wrong, or all is down.</summary>
        private void GiveUpWhatCannotBegin()
        {
            if (_stopBuilds.IsCancellationRequested || !Array.Exists(_run._builders, b => b.Error is not null && !b.WasReady))
            {
                return;
            }

            while (_schedule.Waits(Now).FirstOrDefault(w => !MayComeBack(w.First)) is { } wait)
            {
                GiveUp(wait.First);
            }
        }

        private bool MayComeBack(int node)
        {
            var answers = _schedule.Explain(node);
            return _run._builders.Where((_, i) => answers[i].Reasons.All(r => r.Kind is IneligibilityKind.SlotsBusy or IneligibilityKind.Resting))
                .Any(b => b.WasReady || (b.IsConnecting && b.Error is null));
        }

        private void GiveUp(int node)
        {
            var attempts = _nodeRuns[node].Attempts;
            Fail(node, _run.OnlyError(attempts) ?? _run.NobodyTakes(_work.Paths[node], attempts), _schedule.GiveUp);
        }

        /// <summary>Tells once what cannot go on, and once that it can.</summary>
        private void TellWait()
        {
            var wait = _stopBuilds.IsCancellationRequested || !Array.Exists(_run._builders, b => b.Error is not null) ? null : _schedule.Waits(Now).FirstOrDefault();
            var key = wait is null ? _slotWait : wait.Needs.ToString();
            if (key != _waitingFor)
            {
                _waitingFor = key;
                _run._events(new BuildEvent.Waiting(wait?.Reason ?? key));
            }
        }

        private void Fail(int node, NixRemoteException error, Func<int, IReadOnlyList<int>> giveUp)
        {
            _nodeRuns[node].Error = error;
            _run._events(new BuildEvent.Failed(_work.Paths[node], error));
            foreach (var lost in giveUp(node))
            {
                _nodeRuns[lost].Error = new NixRemoteException(
                    NixErrors.DependencyFailed, $"{_work.Paths[lost]} was not built since {_work.Paths[node]} failed.", error) { Target = _work.Paths[lost].ToString() };
            }

            if (!_run._options.KeepGoing)
            {
                _stopBuilds.Cancel();
            }
        }
    }
}
