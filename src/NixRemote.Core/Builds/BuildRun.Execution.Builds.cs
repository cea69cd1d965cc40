using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Builds;

public sealed partial class BuildRun
{
    private sealed partial class Execution
    {
        /// <summary>How often a derivation may go back since a store that had an input of it could not give it. Each time that store
        /// rests or what it had is built again, so it is a bound, not a policy.</summary>
        private const int MaxSourceFailures = 10;

        private string? _slotWait;

        private async Task BuildAsync(int node, int index)
        {
            Action outcome;
            try
            {
                var builder = _run._builders[index];
                var (taken, slot, others) = builder.IsLocal
                    ? (true, null, 0)
                    : await _run._slots.TakeAsync(builder.Builder, _stopBuilds.Token).ConfigureAwait(false);

                // The slot is let go before the schedule hears of it and gives the place away.
                using (slot)
                {
                    outcome = taken ? await TryBuildAsync(node, index, others).ConfigureAwait(false) : () => SlotBusy(node, index, others);
                }
            }
            catch (OperationCanceledException) when (_stopBuilds.IsCancellationRequested)
            {
                outcome = () => _schedule.Failed(node);
            }
            catch (Exception exception)
            {
                outcome = () => Fail(node, Unexpected(node, exception), _schedule.Failed);
            }

            _run.Post(() =>
            {
                _run._builders[index].Running--;
                outcome();
            });
        }

        /// <summary>Brings the inputs and builds.</summary>
        /// <returns>What the loop is to make of it.</returns>
        private async Task<Action> TryBuildAsync(int node, int index, int othersSlots)
        {
            var path = _work.Paths[node];
            var builder = _run._builders[index];
            var state = _nodeRuns[node];
            var begun = Now;
            var sent = 0L;
            TimeSpan? brought = null;
            state.Begin(begun);
            if (othersSlots != builder.OtherSlots)
            {
                _run.Post(() => SlotsChanged(index, othersSlots));
            }

            _run._events(new BuildEvent.Started(path, builder.Name));
            try
            {
                BuildResult result;
                var asGuest = !builder.TrustsUs;
                try
                {
                    result = asGuest ? await BuildAsGuestAsync().ConfigureAwait(false) : await BuildAsTrustedAsync().ConfigureAwait(false);
                }
                catch (NixRemoteException exception) when (!asGuest && IsDistrust(exception, builder))
                {
                    _run.Distrusted(builder);
                    TellDistrust(index);
                    asGuest = true;
                    result = await BuildAsGuestAsync().ConfigureAwait(false);
                }

                var attempt = new BuildAttempt(node, index, brought!.Value - begun, Now - brought.Value, sent) { AsGuest = asGuest };
                return () => Ended(attempt, result);
            }
            catch (NixRemoteException exception)
            {
                var ended = Now;
                var attempt = new BuildAttempt(node, index, (brought ?? ended) - begun, ended - (brought ?? ended), sent);
                return () => AttemptFailed(attempt, exception);
            }

            async Task<BuildResult> BuildAsTrustedAsync()
            {
                var derivation = _run._graph.WithInputPaths(_run._graph[path]);
                await BringAsync(BringInputsAsync(builder, derivation.InputSources)).ConfigureAwait(false);
                return await builder.Builds
                    .BuildDerivationAsync(derivation, _run._options.Build, e => OnStoreEvent(path, builder.Name, state, e), _stopBuilds.Token).ConfigureAwait(false);
            }

            async Task<BuildResult> BuildAsGuestAsync()
            {
                await BringAsync(BringDerivationAsync(builder, _run._graph[path])).ConfigureAwait(false);
                TellDistrust(index);
                var result = await builder.Builds
                    .BuildGoalAsync(DerivedPath.Built(path), _run._options.Build, e => OnStoreEvent(path, builder.Name, state, e), _stopBuilds.Token).ConfigureAwait(false);
                if (result.IsSuccess)
                {
                    await LearnOfBuiltAsync(node, builder).ConfigureAwait(false);
                }

                return result;
            }

            async Task BringAsync(Task<long> bytes)
            {
                var brings = await bytes.ConfigureAwait(false);
                sent += brings;
                state.Sent += brings;
                brought = Now;
                _run._events(new BuildEvent.Building(path, builder.Name));
            }
        }

        private async Task<long> BringInputsAsync(RunBuilder builder, IReadOnlyList<StorePath> inputs)
        {
            var target = builder.Store;
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

        /// <summary>Others have all slots that this run does not have itself: the derivation goes back, and somebody looks when they let go.</summary>
        private void SlotBusy(int node, int index, int others)
        {
            SlotsChanged(index, others);
            _schedule.Refused(node);
            var builder = _run._builders[index];
            _run._events(new BuildEvent.Decision($"{others} of the {builder.Builder.MaxJobs} slots of {builder.Name} are taken by others who build on this machine."));
            if (_schedule.RunningCount == 0)
            {
                _slotWait = $"Others who build on this machine have all slots of {builder.Name} ({others} of {builder.Builder.MaxJobs}).";
            }
        }

        private void SlotsChanged(int index, int others)
        {
            var builder = _run._builders[index];
            if (others != builder.OtherSlots)
            {
                builder.OtherSlots = others;
                _slotWait = null;
                _schedule.SlotsTaken(index, others);
            }

            if (others > 0 && !builder.IsWatched)
            {
                builder.IsWatched = true;
                _ = WatchSlotsAsync(index);
            }
        }

        private async Task WatchSlotsAsync(int index)
        {
            try
            {
                await Task.Delay(BuilderSlots.LookAgain, _stopBuilds.Token).ConfigureAwait(false);
                var others = await _run._slots.OthersAsync(_run._builders[index].Builder, _stopBuilds.Token).ConfigureAwait(false);
                _run.Post(() =>
                {
                    _run._builders[index].IsWatched = false;
                    SlotsChanged(index, others);
                });
            }
            catch (OperationCanceledException) when (_stopBuilds.IsCancellationRequested)
            {
                // Nobody waits for a slot any more.
            }
        }

        private void Ended(BuildAttempt attempt, BuildResult result)
        {
            var (node, index) = (attempt.Node, attempt.Builder);
            var path = _work.Paths[node];
            var builder = _run._builders[index];
            var state = _nodeRuns[node];
            state.UploadTime += attempt.UploadTime;
            state.BuildTime = attempt.BuildTime;
            if (result.IsSuccess)
            {
                state.Builder = builder.Name;
                foreach (var output in _run._graph[path].Outputs)
                {
                    builder.Store.Arrived(output.Path!);
                }

                if (result.Status == BuildStatus.Built)
                {
                    _unmeasured.Add((Remember(attempt, BuildOutcome.Built), node, index));
                }

                _schedule.Built(node, Now, attempt.BuildTime);
                if (attempt.AsGuest)
                {
                    _run.TellOfOutputs(_schedule, _work, index, []);
                }

                _run._events(new BuildEvent.Built(path, builder.Name, state.BuildTime));
                return;
            }

            var error = BuildErrors.From(path, builder.Name, result, state.Log.Tail(_run._options.ErrorLogLines));
            if (attempt.AsGuest && result.Status == BuildStatus.DependencyFailed)
            {
                // They were built elsewhere, so another builder may do better.
                error.RecommendedAction = NixErrors.NotTrusted.RecommendedAction;
                Return(attempt, error, isBuildersFault: false);
            }
            else if (BuildErrors.IsFinal(result.Status))
            {
                state.Builder = builder.Name;
                Remember(attempt, BuildOutcome.Failed);
                Fail(node, error, _schedule.Failed);
            }
            else
            {
                Return(attempt, error, BuildErrors.IsMachineTrouble(result.ErrorMessage));
            }
        }

        /// <summary>An attempt ended without a result: the builder failed, or a store that had an input.</summary>
        private void AttemptFailed(BuildAttempt attempt, NixRemoteException error)
        {
            var (node, index) = (attempt.Node, attempt.Builder);
            var builder = _run._builders[index];
            var isSource = error.Builder is null ? error.Definition == NixErrors.BuilderFailed : error.Builder != builder.Name && error.Builder != builder.Store.Name;
            if (!isSource)
            {
                error.Builder ??= builder.Name;
                Return(attempt, error, BuildErrors.IsBuildersFault(error));
                return;
            }

            if (error.Definition == NixErrors.SignatureMissing)
            {
                // It has what is needed, and will not sign it by being asked again.
                Fail(node, error, _schedule.Failed);
                return;
            }

            var culprit = LoseSource(error);
            if ((culprit < 0 && error.Builder is not null) || ++_nodeRuns[node].SourceFailures >= MaxSourceFailures)
            {
                Fail(node, error, _schedule.Failed);
                return;
            }

            _schedule.Refused(node);
            _run._events(new BuildEvent.Decision($"{_work.Paths[node]} goes back, for an input of it cannot be had: {error.Message}"));
        }

        /// <summary>A builder could not give what it had: it rests, or is asked again what it has.</summary>
        /// <returns>The builder; -1 if it was another store, or nobody.</returns>
        private int LoseSource(NixRemoteException error)
        {
            var culprit = Array.FindIndex(_run._builders, b => b.Name == error.Builder && b.Store != _run._source);
            if (culprit >= 0)
            {
                _run.Lose(culprit, error);
            }

            return culprit;
        }

        private void Return(BuildAttempt attempt, NixRemoteException error, bool isBuildersFault)
        {
            var (node, index) = (attempt.Node, attempt.Builder);
            var state = _nodeRuns[node];
            state.Attempts.Add(error);
            Remember(attempt, BuildOutcome.BuilderFailed);
            if (isBuildersFault)
            {
                _run.Lose(index, error);
            }

            if (_schedule.Returned(node, error, Now, out var givenUp))
            {
                _run._events(new BuildEvent.Returned(_work.Paths[node], _run._builders[index].Name, error));
            }
            else
            {
                Fail(node, BuildErrors.AllAttempts(_work.Paths[node], state.Attempts), _ => givenUp);
            }
        }

        /// <summary>Notes an attempt for the history.</summary>
        /// <returns>Its number there.</returns>
        private int Remember(BuildAttempt attempt, BuildOutcome outcome)
        {
            var derivation = _run._graph[_work.Paths[attempt.Node]];
            var builder = _run._builders[attempt.Builder].Builder;
            return _run._history.Add(new BuildRecord(
                derivation.Name, derivation.Platform, builder.Name, builder.SpeedFactor, DateTimeOffset.UtcNow, attempt.UploadTime, attempt.BuildTime, attempt.Sent, outcome));
        }

        private NixRemoteException Unexpected(int node, Exception exception) =>
            new(NixErrors.Unexpected, exception.ToString(), exception) { Target = _work.Paths[node].ToString() };

        /// <summary>What one builder did for one derivation.</summary>
        private readonly record struct BuildAttempt(int Node, int Builder, TimeSpan UploadTime, TimeSpan BuildTime, long Sent)
        {
            /// <summary>Whether the builder did not trust us, and built what was needed itself.</summary>
            public bool AsGuest { get; init; }
        }
    }
}
