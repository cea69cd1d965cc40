namespace NixRemote.Builds;

public sealed partial class BuildRun
{
    private sealed partial class Execution
    {
        /// <summary>The longest time that a run whose goals are there takes to learn for the next ones how large its outputs are.</summary>
        private static readonly TimeSpan _measureLimit = TimeSpan.FromSeconds(1);

        /// <summary>Builds whose outputs' sizes the history does not have: their numbers there, nodes and builders.</summary>
        private readonly List<(int Build, int Node, int Builder)> _unmeasured = [];

        /// <summary>Tells the history how large the outputs are: as transfers have told it, or by one question to each builder that is still there.</summary>
        public async Task MeasureOutputsAsync()
        {
            if (!_run._history.IsKept || _unmeasured.Count == 0)
            {
                return;
            }

            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_cancellation);
            limit.CancelAfter(_measureLimit);
            await Task.WhenAll(_unmeasured.GroupBy(u => u.Builder).Where(g => _run._builders[g.Key].IsReady).Select(g => MeasureAsync(_run._builders[g.Key], [.. g], limit.Token)))
                .ConfigureAwait(false);
        }

        private async Task MeasureAsync(RunBuilder builder, IReadOnlyList<(int Build, int Node, int Builder)> builds, CancellationToken cancellationToken)
        {
            try
            {
                var outputs = builds.ToDictionary(b => b.Build, b => _run._graph.Outputs(_work.Paths[b.Node], null).Values.ToList());
                var found = await builder.Store.FindAsync([.. outputs.Values.SelectMany(o => o).Distinct()], cancellationToken).ConfigureAwait(false);
                var sizes = found.ToDictionary(o => o.Path, o => o.NarSize);
                lock (_unmeasured)
                {
                    foreach (var (build, paths) in outputs.Where(o => o.Value.TrueForAll(sizes.ContainsKey)))
                    {
                        _run._history.Measured(build, paths.Sum(p => sizes[p]));
                    }
                }
            }
            catch (NixRemoteException exception)
            {
                _run._events(new BuildEvent.Decision($"Nobody knows how large the outputs on {builder.Name} are: {exception.Message}"));
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // The sizes are not worth a wait: those builds are kept without.
            }
        }
    }
}
