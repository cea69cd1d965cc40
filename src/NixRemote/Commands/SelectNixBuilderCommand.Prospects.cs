using NixRemote.Builders;
using NixRemote.Builds;
using NixRemote.Scheduling;
using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Commands;

public sealed partial class SelectNixBuilderCommand
{
    /// <summary>What is to be expected of derivations and builders: from the history, and from the builders themselves.</summary>
    private sealed class Prospects(INixStore source, IBuildHistory? history, Func<NixBuilder, IBuildStore> open, PipelineRecords records) : IAsyncDisposable
    {
        private readonly Dictionary<NixBuilder, IBuildStore> _opened = [];
        private IBuildHistory? _history = history;

        /// <summary>What a derivation asks for, how long it is expected to take, and the builders with what is known of them.</summary>
        public async Task<(BuildNeeds Needs, TimeSpan? Time, IReadOnlyList<BuilderCandidate> Candidates)> OfAsync(
            StorePath path, bool ask, IReadOnlyList<BuilderCandidate> candidates, CancellationToken cancellationToken)
        {
            var graph = ask ? await DerivationGraph.LoadAsync(source, [path], cancellationToken).ConfigureAwait(false) : null;
            var derivation = graph?[path] ?? await DerivationGraph.ReadOneAsync(source, path, cancellationToken).ConfigureAwait(false);
            var needs = new BuildNeeds(derivation.Platform, DerivationOptions.Read(derivation).RequiredSystemFeatures);
            var expected = Expected([derivation.Name, .. graph is null ? [] : derivation.InputDerivations.Select(i => graph[i.Key].Name)]);
            TimeSpan? time = expected.TryGetValue(derivation.Name, out var own) ? own.Time : null;
            return (needs, time, graph is null ? candidates : await AskAsync(graph, path, needs, candidates, expected, cancellationToken).ConfigureAwait(false));
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var store in _opened.Values)
            {
                await store.DisposeAsync().ConfigureAwait(false);
            }
        }

        private IReadOnlyDictionary<string, ExpectedBuild> Expected(IReadOnlyCollection<string> names)
        {
            try
            {
                return _history?.Expected(names) ?? new Dictionary<string, ExpectedBuild>();
            }
            catch (NixRemoteException exception)
            {
                _history = null;
                records.Warning($"{ErrorRecords.Describe(exception)} {exception.RecommendedAction}");
                return new Dictionary<string, ExpectedBuild>();
            }
        }

        /// <summary>Asks the builders that would take the derivation.</summary>
        private async Task<IReadOnlyList<BuilderCandidate>> AskAsync(
            DerivationGraph graph, StorePath path, BuildNeeds needs, IReadOnlyList<BuilderCandidate> candidates,
            IReadOnlyDictionary<string, ExpectedBuild> expected, CancellationToken cancellationToken)
        {
            var asked = new List<BuilderStore>();
            var answers = new Dictionary<string, BuilderHoldings>();
            foreach (var candidate in candidates.Where(c => Eligibility.Check(c.Builder, needs, c.Condition).IsEligible))
            {
                try
                {
                    if (!_opened.TryGetValue(candidate.Builder, out var store))
                    {
                        _opened[candidate.Builder] = store = open(candidate.Builder);
                    }

                    asked.Add(new BuilderStore(candidate.Builder, store));
                }
                catch (NixRemoteException exception)
                {
                    answers[candidate.Builder.Name] = new BuilderHoldings(HasOutputs: false, 0, exception);
                }
            }

            foreach (var (name, answer) in await new BuilderSurvey(source, asked).AskAsync(graph, path, expected, cancellationToken).ConfigureAwait(false))
            {
                answers[name] = answer;
            }

            return [.. candidates.Select(c => !answers.TryGetValue(c.Builder.Name, out var answer) ? c
                : answer.Error is { } error ? c with { Condition = c.Condition with { Gone = error } }
                : c with { HasOutputs = answer.HasOutputs, BytesToMove = answer.BytesToMove, RemadeInputs = answer.RemadeInputs, RemakeTime = answer.RemakeTime })];
        }
    }
}
