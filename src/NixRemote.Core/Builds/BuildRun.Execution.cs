using NixRemote.Scheduling;
using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Builds;

public sealed partial class BuildRun
{
    /// <summary>The loop of a run: gives out work, takes in what has happened, ends goals.</summary>
    private sealed class Execution
    {
        private readonly BuildRun _run;
        private readonly IReadOnlyList<BuildGoal> _goals;
        private readonly NixBuildResult?[] _results;
        private readonly bool[] _delivering;
        private readonly IReadOnlyList<StorePath> _nodes;
        private readonly Dictionary<StorePath, int> _indices = [];
        private readonly NodeRun[] _nodeRuns;
        private readonly GraphSchedule _schedule;
        private readonly bool[] _known;
        private readonly CancellationTokenSource _stopBuilds;
        private readonly CancellationToken _cancellation;
        private int _openGoals;

        public Execution(
            BuildRun run, IReadOnlyList<BuildGoal> goals, IReadOnlyList<StorePath> missing, CancellationTokenSource stopBuilds, CancellationToken cancellation)
        {
            (_run, _goals, _nodes, _stopBuilds, _cancellation) = (run, goals, missing, stopBuilds, cancellation);
            _results = new NixBuildResult?[goals.Count];
            _delivering = new bool[goals.Count];
            _openGoals = goals.Count;
            _known = new bool[run._builders.Length];
            _nodeRuns = [.. missing.Select(_ => new NodeRun())];
            for (var i = 0; i < missing.Count; i++)
            {
                _indices[missing[i]] = i;
            }

            _schedule = run.Schedule(missing);
        }

        public async Task<IReadOnlyList<NixBuildResult>> RunAsync()
        {
            while (true)
            {
                MeetBuilders();
                Dispatch();
                DeliverGoals();
                if (_openGoals == 0 && _schedule.RunningCount == 0)
                {
                    return [.. _results.Select(r => r!)];
                }

                (await _run._posted.Reader.ReadAsync(_cancellation).ConfigureAwait(false))();
                while (_run._posted.Reader.TryRead(out var action))
                {
                    action();
                }
            }
        }

        /// <summary>Tells the schedule of builders that have come or gone, and of outputs that they brought along.</summary>
        private void MeetBuilders()
        {
            for (var b = 0; b < _known.Length; b++)
            {
                if (_run._connected[b] && !_known[b])
                {
                    _known[b] = true;
                    _schedule.BuilderReady(b, _run._clock.Elapsed);
                    for (var node = 0; node < _nodes.Count; node++)
                    {
                        if (_schedule.StateOf(node) is NodeState.Waiting or NodeState.Ready && _run.IsAvailable(_nodes[node], null))
                        {
                            _run._events(new BuildEvent.Decision($"{_nodes[node]} is not built: {_run._builders[b].Builder.Name} has its outputs."));
                            _schedule.OutputsAt(node, b);
                        }
                    }
                }
                else if (_run._lost[b] is { } error)
                {
                    _schedule.BuilderGone(b, error, _run._clock.Elapsed);
                }
            }
        }

        private void Dispatch()
        {
            if (_stopBuilds.IsCancellationRequested)
            {
                return;
            }

            while (_schedule.TryNext(_run._clock.Elapsed, out var command))
            {
                if (command.Kind == ScheduleCommandKind.Start)
                {
                    _ = BuildAsync(command.Node, command.Builder);
                }
                else if (command.Kind == ScheduleCommandKind.GiveUp)
                {
                    var attempts = _nodeRuns[command.Node].Attempts;
                    Fail(command.Node, _run.OnlyError(attempts) ?? _run.NobodyTakes(_nodes[command.Node], attempts), _schedule.GiveUp);
                }
            }
        }

        private async Task BuildAsync(int node, int builder)
        {
            var path = _nodes[node];
            var name = _run._builders[builder].Builder.Name;
            var state = _nodeRuns[node];
            var begun = _run._clock.Elapsed;
            state.Begin(begun);
            _run._events(new BuildEvent.Started(path, name));
            try
            {
                var derivation = _run._graph[path];
                var inputs = _run._graph.Inputs(derivation);
                state.Sent += await BringInputsAsync(builder, inputs).ConfigureAwait(false);
                var brought = _run._clock.Elapsed;
                _run._events(new BuildEvent.Building(path, name));
                var basic = new BasicDerivation
                {
                    Path = path,
                    Outputs = derivation.Outputs,
                    InputSources = inputs,
                    Platform = derivation.Platform,
                    Builder = derivation.Builder,
                    Arguments = derivation.Arguments,
                    Environment = derivation.Environment,
                };
                var result = await _run._builders[builder].Store
                    .BuildDerivationAsync(basic, _run._options.Build, e => OnStoreEvent(path, name, state, e), _stopBuilds.Token).ConfigureAwait(false);
                state.UploadTime += brought - begun;
                state.BuildTime = _run._clock.Elapsed - brought;
                _run.Post(() => Ended(node, builder, result));
            }
            catch (NixRemoteException exception)
            {
                _run.Post(() => BuilderFailed(node, builder, exception));
            }
            catch (OperationCanceledException) when (_stopBuilds.IsCancellationRequested)
            {
                _run.Post(() => _schedule.Failed(node));
            }
            catch (Exception exception)
            {
                _run.Post(() => Fail(node, new NixRemoteException(NixErrors.Unexpected, exception.ToString(), exception) { Builder = name, Target = path.ToString() }, _schedule.Failed));
            }
        }

        private async Task<long> BringInputsAsync(int builder, IReadOnlyList<StorePath> inputs)
        {
            var target = _run._builderStores[builder];
            await target.ProtectAsync(inputs, _stopBuilds.Token).ConfigureAwait(false);
            var bytes = 0L;
            foreach (var group in inputs.Where(i => !target.Has(i)).GroupBy(_run.RequireHolder).ToList())
            {
                bytes += (await _run._transfers.EnsureAsync(group.Key, target, [.. group], _stopBuilds.Token).ConfigureAwait(false)).Bytes;
            }

            return bytes;
        }

        private void OnStoreEvent(StorePath path, string builder, NodeRun state, StoreEvent storeEvent)
        {
            switch (storeEvent)
            {
                case StoreEvent.BuildLogLine line:
                    state.Log.Add(line.Text);
                    _run._events(new BuildEvent.LogLine(path, builder, line.Text));
                    break;
                case StoreEvent.Phase phase:
                    _run._events(new BuildEvent.Phase(path, builder, phase.Name));
                    break;
                case StoreEvent.Message message:
                    _run._events(new BuildEvent.StoreMessage(path, builder, message.Text));
                    break;
            }
        }

        private void Ended(int node, int builder, BuildResult result)
        {
            var path = _nodes[node];
            var name = _run._builders[builder].Builder.Name;
            var state = _nodeRuns[node];
            if (result.IsSuccess)
            {
                state.Builder = name;
                foreach (var output in _run._graph[path].Outputs)
                {
                    _run._builderStores[builder].Arrived(output.Path!);
                }

                _schedule.Built(node, _run._clock.Elapsed, state.BuildTime);
                _run._events(new BuildEvent.Built(path, name, state.BuildTime));
                return;
            }

            var error = BuildErrors.From(path, name, result, state.Log.Tail(_run._options.ErrorLogLines));
            if (BuildErrors.IsFinal(result.Status))
            {
                state.Builder = name;
                Fail(node, error, _schedule.Failed);
            }
            else
            {
                Return(node, builder, error);
            }
        }

        private void BuilderFailed(int node, int builder, NixRemoteException exception)
        {
            exception.Builder ??= _run._builders[builder].Builder.Name;
            if (exception.Definition.Category is FailureCategory.ConnectionError or FailureCategory.OperationTimeout
                or FailureCategory.ProtocolError or FailureCategory.AuthenticationError && _run._lost[builder] is null)
            {
                _run.Lose(builder, exception);
            }

            Return(node, builder, exception);
        }

        private void Return(int node, int builder, NixRemoteException error)
        {
            var state = _nodeRuns[node];
            state.Attempts.Add(error);
            if (!_schedule.Returned(node, error, _run._clock.Elapsed, out var givenUp))
            {
                Fail(node, BuildErrors.AllAttempts(_nodes[node], state.Attempts), _ => givenUp);
                return;
            }

            _run._events(new BuildEvent.Returned(_nodes[node], _run._builders[builder].Builder.Name, error));
        }

        private void Fail(int node, NixRemoteException error, Func<int, IReadOnlyList<int>> giveUp)
        {
            _nodeRuns[node].Error = error;
            _run._events(new BuildEvent.Failed(_nodes[node], error));
            foreach (var lost in giveUp(node))
            {
                _nodeRuns[lost].Error = new NixRemoteException(
                    NixErrors.DependencyFailed, $"{_nodes[lost]} was not built since {_nodes[node]} failed.", error) { Target = _nodes[lost].ToString() };
            }

            if (!_run._options.KeepGoing)
            {
                _stopBuilds.Cancel();
            }
        }

        /// <summary>Ends goals that cannot go on, and starts to bring the outputs of those that are there.</summary>
        private void DeliverGoals()
        {
            for (var g = 0; g < _goals.Count; g++)
            {
                if (_results[g] is not null || _delivering[g])
                {
                    continue;
                }

                var goal = _goals[g];
                var node = _indices.GetValueOrDefault(goal.DerivationPath, -1);
                var outputs = _run._graph.Outputs(goal.DerivationPath, goal.OutputNames);
                if (node < 0 || _schedule.StateOf(node) == NodeState.Done)
                {
                    _delivering[g] = true;
                    _ = DeliverAsync(g, goal, node, outputs);
                }
                else if (_nodeRuns[node].Error is { } error)
                {
                    End(g, Result(goal, node, outputs, FailedStatus(error)) with { Error = error });
                }
                else if (_stopBuilds.IsCancellationRequested && _schedule.StateOf(node) != NodeState.Running)
                {
                    End(g, Result(goal, node, outputs, GoalStatus.NotBuilt) with
                    {
                        Error = new NixRemoteException(NixErrors.DependencyFailed, $"{goal.DerivationPath} was not built since another derivation failed; -KeepGoing builds it all the same.")
                        {
                            Target = goal.DerivationPath.ToString(),
                        },
                    });
                }
            }
        }

        private static GoalStatus FailedStatus(NixRemoteException error) =>
            error.Definition == NixErrors.DependencyFailed ? GoalStatus.DependencyFailed
            : error.Definition == NixErrors.BuildTimedOut ? GoalStatus.TimedOut
            : GoalStatus.Failed;

        private async Task DeliverAsync(int index, BuildGoal goal, int node, IReadOnlyDictionary<string, StorePath> outputs)
        {
            var begun = _run._clock.Elapsed;
            var tally = default(TransferTally);
            NixRemoteException? error = null;
            var status = node >= 0 && _nodeRuns[node].Builder is not null ? GoalStatus.Built
                : outputs.Values.All(_run._destination.Has) ? GoalStatus.AlreadyValid
                : GoalStatus.Copied;
            try
            {
                foreach (var group in outputs.Values.Where(o => !_run._destination.Has(o)).GroupBy(_run.RequireHolder).ToList())
                {
                    tally += await _run._transfers.EnsureAsync(group.Key, _run._destination, [.. group], _cancellation).ConfigureAwait(false);
                }
            }
            catch (NixRemoteException exception)
            {
                error = exception;
                status = GoalStatus.Failed;
            }
            catch (OperationCanceledException) when (_cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                error = new NixRemoteException(NixErrors.Unexpected, exception.ToString(), exception) { Target = goal.DerivationPath.ToString() };
                status = GoalStatus.Failed;
            }

            _run.Post(() =>
            {
                if (error is not null)
                {
                    _run._events(new BuildEvent.Failed(goal.DerivationPath, error));
                }

                End(index, Result(goal, node, outputs, status) with { Error = error, BytesReceived = tally.Bytes, DownloadTime = _run._clock.Elapsed - begun });
            });
        }

        private NixBuildResult Result(BuildGoal goal, int node, IReadOnlyDictionary<string, StorePath> outputs, GoalStatus status)
        {
            var state = node < 0 ? new NodeRun() : _nodeRuns[node];
            return new NixBuildResult
            {
                DerivationPath = goal.DerivationPath,
                Status = status,
                Outputs = outputs,
                Builder = state.Builder,
                Attempts = state.Attempts,
                WaitTime = state.WaitTime ?? TimeSpan.Zero,
                UploadTime = state.UploadTime,
                BuildTime = state.BuildTime,
                BytesSent = state.Sent,
                Log = state.Log.ToString(),
            };
        }

        private void End(int goal, NixBuildResult result)
        {
            _results[goal] = result;
            _openGoals--;
            _run._events(new BuildEvent.GoalEnded(result));
        }
    }
}
