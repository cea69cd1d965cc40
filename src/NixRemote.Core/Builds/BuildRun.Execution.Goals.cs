using NixRemote.Scheduling;
using NixRemote.StoreObjects;

namespace NixRemote.Builds;

public sealed partial class BuildRun
{
    private sealed partial class Execution
    {
        private readonly GoalRun[] _goals;
        private int _openGoals;

        /// <summary>Ends goals that cannot go on, and starts to bring the outputs of those that are there.</summary>
        private void DeliverGoals()
        {
            foreach (var goal in _goals)
            {
                if (goal.Result is not null || goal.IsDelivering)
                {
                    continue;
                }

                if (goal.Node < 0 || _schedule.StateOf(goal.Node) == NodeState.Done)
                {
                    goal.IsDelivering = true;
                    _ = DeliverAsync(goal);
                }
                else if (_nodeRuns[goal.Node].Error is { } error)
                {
                    End(goal, Result(goal, FailedStatus(error)) with { Error = error });
                }
                else if (_stopBuilds.IsCancellationRequested && _schedule.StateOf(goal.Node) != NodeState.Running)
                {
                    var path = goal.Goal.DerivationPath;
                    End(goal, Result(goal, GoalStatus.NotBuilt) with
                    {
                        Error = new NixRemoteException(NixErrors.DependencyFailed, $"{path} was not built since another derivation failed; -KeepGoing builds it all the same.")
                        {
                            Target = path.ToString(),
                        },
                    });
                }
            }
        }

        private static GoalStatus FailedStatus(NixRemoteException error) =>
            error.Definition == NixErrors.DependencyFailed ? GoalStatus.DependencyFailed
            : error.Definition == NixErrors.BuildTimedOut ? GoalStatus.TimedOut
            : GoalStatus.Failed;

        private async Task DeliverAsync(GoalRun goal)
        {
            goal.Begun ??= Now;
            NixRemoteException? error = null;
            var status = goal.Node >= 0 && _nodeRuns[goal.Node].Builder is not null ? GoalStatus.Built
                : _run._options.CopyOutputs == CopyOutputs.None || goal.Outputs.Values.All(_run._destination.Has) ? GoalStatus.AlreadyValid
                : GoalStatus.Copied;
            try
            {
                foreach (var group in Deliverables(goal).Where(o => !_run._destination.Has(o)).GroupBy(_run.RequireHolder).ToList())
                {
                    goal.Received += (await _run._transfers.EnsureAsync(group.Key, _run._destination, [.. group], _cancellation).ConfigureAwait(false)).Bytes;
                }
            }
            catch (NixRemoteException exception)
            {
                error = exception;
            }
            catch (OperationCanceledException) when (_cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                error = new NixRemoteException(NixErrors.Unexpected, exception.ToString(), exception) { Target = goal.Goal.DerivationPath.ToString() };
            }

            _run.Post(() => Delivered(goal, status, error));
        }

        private IEnumerable<StorePath> Deliverables(GoalRun goal) => _run._options.CopyOutputs switch
        {
            CopyOutputs.None => [],
            CopyOutputs.All => goal.Outputs.Values.Concat(BuiltFor(goal.Goal.DerivationPath).SelectMany(path => _run._graph.Outputs(path, null).Values)).Distinct(),
            _ => goal.Outputs.Values,
        };

        // Derivations of this run that a goal needs, directly or not.
        private IEnumerable<StorePath> BuiltFor(StorePath goal)
        {
            var seen = new HashSet<StorePath> { goal };
            var open = new Stack<StorePath>([goal]);
            while (open.TryPop(out var path))
            {
                if (_work.IndexOf(path) >= 0)
                {
                    yield return path;
                    foreach (var (input, _) in _run._graph[path].InputDerivations.Where(input => seen.Add(input.Key)))
                    {
                        open.Push(input);
                    }
                }
            }
        }

        private void Delivered(GoalRun goal, GoalStatus status, NixRemoteException? error)
        {
            if (error is not null && goal.Node >= 0 && IsOfSource(error) && ++goal.SourceFailures < _run._options.MaxAttempts)
            {
                // From another builder that has them, or built again.
                LoseSource(error);
                goal.IsDelivering = false;
                _run._events(new BuildEvent.Decision($"The outputs of {goal.Goal.DerivationPath} cannot be had: {error.Message}"));
                return;
            }

            if (error is not null)
            {
                _run._events(new BuildEvent.Failed(goal.Goal.DerivationPath, error));
            }

            End(goal, Result(goal, error is null ? status : GoalStatus.Failed) with
            {
                Error = error,
                BytesReceived = goal.Received,
                DownloadTime = Now - goal.Begun!.Value,
            });
        }

        /// <summary>Whether a builder failed that had the outputs, in a way that another one, or itself later, may not.</summary>
        private bool IsOfSource(NixRemoteException error) => error.Builder is null
            ? error.Definition == NixErrors.BuilderFailed
            : (BuildErrors.IsBuildersFault(error) || error.Definition.Category == FailureCategory.ObjectNotFound)
                && Array.Exists(_run._builders, b => b.Name == error.Builder && b.Store != _run._source && b.Store != _run._destination);

        private NixBuildResult Result(GoalRun goal, GoalStatus status)
        {
            var state = goal.Node < 0 ? new NodeRun() : _nodeRuns[goal.Node];
            return new NixBuildResult
            {
                DerivationPath = goal.Goal.DerivationPath.ToString(),
                Status = status,
                Outputs = goal.Outputs.ToDictionary(o => o.Key, o => o.Value.ToString()),
                Builder = state.Builder,
                Attempts = [.. state.Attempts.Select(attempt => new NixFailure(attempt))],
                WaitTime = state.WaitTime ?? TimeSpan.Zero,
                UploadTime = state.UploadTime,
                BuildTime = state.BuildTime,
                BytesSent = state.Sent,
                Log = state.Log.ToString(),
            };
        }

        private void End(GoalRun goal, NixBuildResult result)
        {
            goal.Result = result;
            _openGoals--;
            if (goal.Node >= 0 && !Array.Exists(_goals, g => g.Node == goal.Node && g.Result is null))
            {
                _schedule.Delivered(goal.Node);
            }

            _run._events(new BuildEvent.GoalEnded(result));
        }
    }
}
