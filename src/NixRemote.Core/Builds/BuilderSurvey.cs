using NixRemote.Scheduling;
using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Builds;

/// <summary>Asks builders what they have of what a derivation needs; nothing is moved.</summary>
public sealed class BuilderSurvey
{
    private readonly RunStore _source;
    private readonly IReadOnlyList<(string Name, RunStore Store)> _builders;
    private readonly Transfers _transfers = new(substitute: false, _ => { });

    /// <summary>Makes a survey.</summary>
    /// <param name="source">The store that has the derivations and their sources.</param>
    /// <param name="builders">The builders with their stores.</param>
    public BuilderSurvey(INixStore source, IReadOnlyList<BuilderStore> builders)
    {
        var paths = new PathTable();
        _source = new RunStore(source, paths);
        _builders = [.. builders.Select(b => (b.Builder.Name, ReferenceEquals(b.Store, source) ? _source : new RunStore(b.Store, paths)))];
    }

    /// <summary>Asks all builders at the same time.</summary>
    /// <param name="graph">The derivation with all that it needs.</param>
    /// <param name="path">The derivation.</param>
    /// <param name="expected">Sizes of outputs that nobody has, by the names of derivations.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Each builder's answer, by its name.</returns>
    /// <exception cref="NixRemoteException">The source cannot be asked.</exception>
    public async Task<IReadOnlyDictionary<string, BuilderHoldings>> AskAsync(
        DerivationGraph graph, StorePath path, IReadOnlyDictionary<string, ExpectedBuild> expected, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(expected);
        var derivation = graph[path];
        var inputs = graph.Inputs(derivation);
        var outputs = graph.Outputs(path, null).Values.ToList();
        await _source.LearnAsync(inputs, protect: false, substitute: false, cancellationToken).ConfigureAwait(false);
        var unbuilt = derivation.InputDerivations.SelectMany(i => graph.Outputs(i.Key, i.Value).Values
                .Where(o => !_source.Has(o)).Select(o => (Path: o, Bytes: expected.GetValueOrDefault(graph[i.Key].Name).OutputBytes)))
            .ToDictionary(o => o.Path, o => o.Bytes ?? ScheduleOptions.UnknownOutputBytes);
        var made = derivation.InputDerivations.SelectMany(i => graph.Outputs(i.Key, i.Value).Values.Select(o => (Path: o, graph[i.Key].Name)))
            .ToDictionary(o => o.Path, o => ExpectedBuild.TimeOf(o.Name, expected));
        var answers = await Task.WhenAll(_builders.Select(b => AskAsync(b.Store, inputs, outputs, unbuilt, made, cancellationToken))).ConfigureAwait(false);
        return _builders.Zip(answers).ToDictionary(a => a.First.Name, a => a.Second);
    }

    private async Task<BuilderHoldings> AskAsync(
        RunStore builder, IReadOnlyList<StorePath> inputs, IReadOnlyList<StorePath> outputs, IReadOnlyDictionary<StorePath, long> unbuilt,
        IReadOnlyDictionary<StorePath, TimeSpan> made, CancellationToken cancellationToken)
    {
        try
        {
            await builder.LearnAsync(inputs.Concat(outputs), protect: false, substitute: false, cancellationToken).ConfigureAwait(false);
            if (outputs.Count > 0 && outputs.All(builder.Has))
            {
                return new BuilderHoldings(HasOutputs: true, 0);
            }

            var moved = await _transfers.MissingAsync(_source, builder, inputs.Where(i => !unbuilt.ContainsKey(i)), protect: false, cancellationToken).ConfigureAwait(false);
            var isGuest = builder.Store is IBuildStore store && (await store.ConnectAsync(cancellationToken).ConfigureAwait(false)).Trust == TrustLevel.NotTrusted;
            var sendable = moved.Select(i => i.Path).Except(PathOutline.Refused(moved, i => i.IsVouchedFor)).ToHashSet();
            var remade = isGuest ? made.Where(m => !builder.Has(m.Key) && !sendable.Contains(m.Key)).ToList() : [];
            return new BuilderHoldings(HasOutputs: false, moved.Sum(i => i.NarSize) + unbuilt.Where(u => !builder.Has(u.Key)).Sum(u => u.Value))
            {
                RemadeInputs = remade.Count,
                RemakeTime = TimeSpan.FromSeconds(remade.Sum(m => m.Value.TotalSeconds)),
            };
        }
        catch (NixRemoteException exception) when (exception.Builder is null || exception.Builder == builder.Name)
        {
            return new BuilderHoldings(HasOutputs: false, 0, exception);
        }
    }
}
