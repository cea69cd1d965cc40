using System.Diagnostics;
using System.Threading.Channels;
using NixRemote.Scheduling;
using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Builds;

/// <summary>
/// Builds goals on builders: reads the graph, asks every store what it has, places what is missing, brings inputs, builds,
/// and brings the goals' outputs to the destination. One object serves one run.
/// </summary>
/// <remarks>All state is changed by one loop; transfers and builds run beside it and post what has happened.</remarks>
public sealed partial class BuildRun
{
    private readonly RunStore _source;
    private readonly RunStore _destination;
    private readonly BuilderStore[] _builders;
    private readonly RunStore[] _builderStores;
    private readonly BuildRunOptions _options;
    private readonly Action<BuildEvent> _events;
    private readonly Transfers _transfers;
    private readonly Channel<Action> _posted = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly NixRemoteException?[] _lost;
    private readonly bool[] _connected;
    private int _connecting;
    private TimeSpan? _firstConnected;
    private DerivationGraph _graph = null!;

    /// <summary>Makes a run.</summary>
    /// <param name="source">The coordinating store: it has the derivations and their sources.</param>
    /// <param name="destination">Where the goals' outputs go; may be <paramref name="source"/>.</param>
    /// <param name="builders">The builders with their stores.</param>
    /// <param name="options">How to go about it.</param>
    /// <param name="events">Told what happens; see <see cref="BuildEvent"/>.</param>
    public BuildRun(
        INixStore source, INixStore destination, IReadOnlyList<BuilderStore> builders, BuildRunOptions options, Action<BuildEvent> events)
    {
        _source = new RunStore(source);
        _destination = ReferenceEquals(source, destination) ? _source : new RunStore(destination);
        _builders = [.. builders];
        _builderStores = [.. builders.Select(b => new RunStore(b.Store))];
        _options = options;
        _events = events;
        _transfers = new Transfers(options.UseSubstitutes, events);
        _lost = new NixRemoteException?[_builders.Length];
        _connected = new bool[_builders.Length];
    }

    /// <summary>What a run would do, without doing it: builders are asked what they have, nothing is moved or built.</summary>
    /// <exception cref="NixRemoteException">What reading the graph or the stores throws.</exception>
    public async Task<IReadOnlyList<PlannedBuild>> PlanAsync(IReadOnlyList<BuildGoal> goals, CancellationToken cancellationToken)
    {
        var missing = await PrepareAsync(goals, cancellationToken).ConfigureAwait(false);
        while (_connecting > 0)
        {
            (await _posted.Reader.ReadAsync(cancellationToken).ConfigureAwait(false))();
        }

        missing = [.. missing.Where(p => !IsAvailable(p, null))];
        var schedule = Schedule(missing);
        for (var b = 0; b < _builders.Length; b++)
        {
            if (_connected[b])
            {
                schedule.BuilderReady(b, TimeSpan.Zero);
            }
            else
            {
                schedule.BuilderGone(b, _lost[b]!, TimeSpan.Zero);
            }
        }

        var plan = new List<PlannedBuild>();
        var sent = _builders.Select(_ => new HashSet<StorePath>()).ToArray();
        var running = new Queue<int>();
        while (true)
        {
            while (schedule.TryNext(TimeSpan.Zero, out var command))
            {
                if (command.Kind == ScheduleCommandKind.Start)
                {
                    plan.Add(await PlannedAsync(missing[command.Node], command.Builder, sent[command.Builder], cancellationToken).ConfigureAwait(false));
                    running.Enqueue(command.Node);
                }
                else
                {
                    plan.Add(new PlannedBuild(missing[command.Node], null, 0, 0, NobodyTakes(missing[command.Node])));
                    schedule.GiveUp(command.Node);
                }
            }

            if (!running.TryDequeue(out var done))
            {
                return plan;
            }

            schedule.Built(done, TimeSpan.Zero);
        }
    }

    /// <summary>Builds the goals.</summary>
    /// <returns>One result a goal, in the order of the goals; the same were told as <see cref="BuildEvent.GoalEnded"/>.</returns>
    /// <exception cref="NixRemoteException">Where nothing could be begun: the graph cannot be read, a store is not there. What
    /// happens to single derivations is in the results.</exception>
    public async Task<IReadOnlyList<NixBuildResult>> RunAsync(IReadOnlyList<BuildGoal> goals, CancellationToken cancellationToken)
    {
        using var stopBuilds = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var missing = await PrepareAsync(goals, cancellationToken).ConfigureAwait(false);
        var execution = new Execution(this, goals, missing, stopBuilds, cancellationToken);
        try
        {
            return await execution.RunAsync().ConfigureAwait(false);
        }
        finally
        {
            // Whatever ends the run, no build of it goes on.
            await stopBuilds.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Reads the graph while the builders connect, asks all stores what they have, and finds what must be built, inputs first.</summary>
    private async Task<IReadOnlyList<StorePath>> PrepareAsync(IReadOnlyList<BuildGoal> goals, CancellationToken cancellationToken)
    {
        var graph = DerivationGraph.LoadAsync(_source.Store, goals.Select(g => g.DerivationPath), cancellationToken);
        _connecting = _builders.Length;
        for (var b = 0; b < _builders.Length; b++)
        {
            _ = ConnectAsync(b, graph, cancellationToken);
        }

        _graph = await graph.ConfigureAwait(false);
        var wanted = goals.SelectMany(g => _graph.Outputs(g.DerivationPath, g.OutputNames).Values);
        foreach (var output in goals.Select(g => _graph[g.DerivationPath]))
        {
            DerivationRules.EnsureBuildable(output);
        }

        await _source.LearnAsync(AllOutputs(_graph), protect: false, substitute: false, cancellationToken).ConfigureAwait(false);
        if (_destination != _source)
        {
            await _destination.LearnAsync(wanted, protect: false, substitute: false, cancellationToken).ConfigureAwait(false);
        }

        if (Missing(goals).Count > 0)
        {
            await AwaitBuildersAsync(cancellationToken).ConfigureAwait(false);
        }

        var missing = Missing(goals);
        foreach (var path in missing)
        {
            DerivationRules.EnsureBuildable(_graph[path]);
        }

        _events(new BuildEvent.Planned(missing.Count, _graph.Derivations.Count - missing.Count));
        return missing;
    }

    private async Task ConnectAsync(int builder, Task<DerivationGraph> graph, CancellationToken cancellationToken)
    {
        var store = _builderStores[builder];
        try
        {
            var begun = _clock.Elapsed;
            var info = await _builders[builder].Store.ConnectAsync(cancellationToken).ConfigureAwait(false);
            var connectTime = _clock.Elapsed - begun;
            await store.LearnAsync(AllPaths(await graph.ConfigureAwait(false)), protect: false, substitute: false, cancellationToken).ConfigureAwait(false);
            Post(() =>
            {
                _connecting--;
                _connected[builder] = true;
                _firstConnected ??= _clock.Elapsed;
                _events(new BuildEvent.BuilderConnected(_builders[builder].Builder.Name, info, connectTime));
            });
        }
        catch (NixRemoteException exception)
        {
            Post(() =>
            {
                _connecting--;
                Lose(builder, exception);
            });
        }
        catch (OperationCanceledException)
        {
            // The run ends, and with it everybody who waits for this builder.
            Post(() => _connecting--);
        }
    }

    private async Task AwaitBuildersAsync(CancellationToken cancellationToken)
    {
        using var grace = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        while (_connecting > 0)
        {
            try
            {
                (await _posted.Reader.ReadAsync(grace.Token).ConfigureAwait(false))();
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return;
            }

            if (_firstConnected is not null)
            {
                grace.CancelAfter(Max(TimeSpan.Zero, _firstConnected.Value + _options.ConnectGrace - _clock.Elapsed));
            }
        }
    }

    private void Lose(int builder, NixRemoteException exception)
    {
        _lost[builder] = exception;
        _connected[builder] = false;
        _events(new BuildEvent.BuilderLost(_builders[builder].Builder.Name, exception));
    }

    /// <summary>Derivations whose wanted outputs no store has, with those that they need, inputs first.</summary>
    private List<StorePath> Missing(IReadOnlyList<BuildGoal> goals)
    {
        var missing = new List<StorePath>();
        var seen = new HashSet<StorePath>();
        var open = new Stack<(StorePath Path, bool InputsDone)>();
        foreach (var goal in goals.Reverse())
        {
            if (!IsAvailable(goal.DerivationPath, goal.OutputNames))
            {
                open.Push((goal.DerivationPath, false));
            }
        }

        while (open.TryPop(out var entry))
        {
            if (entry.InputsDone)
            {
                missing.Add(entry.Path);
            }
            else if (seen.Add(entry.Path))
            {
                open.Push((entry.Path, true));
                foreach (var (input, names) in _graph[entry.Path].InputDerivations)
                {
                    if (!IsAvailable(input, names))
                    {
                        open.Push((input, false));
                    }
                }
            }
        }

        return missing;
    }

    private bool IsAvailable(StorePath derivation, IReadOnlyList<string>? outputs) =>
        _graph[derivation].Outputs.All(o => (outputs is not null && !outputs.Contains(o.Name)) || (o.Path is not null && Holder(o.Path) is not null));

    /// <summary>A store that has the path: the coordinating store before builders, for it is near.</summary>
    private RunStore? Holder(StorePath path)
    {
        if (_source.Has(path))
        {
            return _source;
        }

        for (var b = 0; b < _builders.Length; b++)
        {
            if (_connected[b] && _builderStores[b].Has(path))
            {
                return _builderStores[b];
            }
        }

        return null;
    }

    private GraphSchedule Schedule(IReadOnlyList<StorePath> derivations) => new(
        Nodes(derivations), [.. _builders.Select(b => new ScheduleBuilder(b.Builder))], new ScheduleOptions { MaxAttempts = _options.MaxAttempts }, []);

    private List<ScheduleNode> Nodes(IReadOnlyList<StorePath> derivations)
    {
        var index = new Dictionary<StorePath, int>();
        for (var i = 0; i < derivations.Count; i++)
        {
            index[derivations[i]] = i;
        }

        return [.. derivations.Select(path => new ScheduleNode(
            _graph[path].Platform,
            [.. DerivationOptions.Read(_graph[path]).RequiredSystemFeatures],
            [.. _graph[path].InputDerivations.Select(i => index.GetValueOrDefault(i.Key, -1)).Where(i => i >= 0)]))];
    }

    private async Task<PlannedBuild> PlannedAsync(StorePath path, int builder, HashSet<StorePath> sent, CancellationToken cancellationToken)
    {
        var paths = 0;
        var bytes = 0L;
        foreach (var group in _graph.Inputs(_graph[path]).Where(i => !_builderStores[builder].Has(i)).GroupBy(HolderOrNull))
        {
            if (group.Key is { } holder)
            {
                foreach (var info in await _transfers.MissingAsync(holder, _builderStores[builder], group, protect: false, cancellationToken).ConfigureAwait(false))
                {
                    if (sent.Add(info.Path))
                    {
                        paths++;
                        bytes += info.NarSize;
                    }
                }
            }
        }

        return new PlannedBuild(path, _builders[builder].Builder.Name, paths, bytes, null);
    }

    /// <summary>The holder of an input; sources are not asked for in advance, the coordinating store has them with the derivation.</summary>
    private RunStore? HolderOrNull(StorePath path) => Holder(path) ?? (_source.Known.ContainsKey(path) ? null : _source);

    /// <summary>The holder of a path that must exist somewhere.</summary>
    /// <exception cref="NixRemoteException">BuilderFailed: the builder that had it is lost.</exception>
    private RunStore RequireHolder(StorePath path)
    {
        if (HolderOrNull(path) is { } holder)
        {
            return holder;
        }

        var b = Array.FindIndex(_builderStores, s => s.Has(path));
        var name = b < 0 ? "none" : _builders[b].Builder.Name;
        throw new NixRemoteException(NixErrors.BuilderFailed, $"{path} is on no store that can be reached: {name} had it and is lost.", b < 0 ? null : _lost[b])
        {
            Builder = b < 0 ? null : name,
            Target = path.ToString(),
        };
    }

    /// <summary>Where there is one builder only, its error says it all; null otherwise.</summary>
    private NixRemoteException? OnlyError(IReadOnlyList<NixRemoteException> attempts) =>
        _builders.Length != 1 ? null : attempts.Count > 0 ? attempts[^1] : _lost[0];

    private NixRemoteException NobodyTakes(StorePath path, IReadOnlyList<NixRemoteException>? attempts = null)
    {
        var derivation = _graph[path];
        var needs = new BuildNeeds(derivation.Platform, DerivationOptions.Read(derivation).RequiredSystemFeatures);
        var reasons = new List<string>();
        for (var b = 0; b < _builders.Length; b++)
        {
            var builder = _builders[b].Builder;
            var reason = Eligibility.Check(builder, needs).Text;
            reason = reason.Length == 0 && _lost[b] is { } lost ? $"it cannot be used: {lost.Message}" : reason;
            reasons.Add($"\n  {builder.Name}: {(reason.Length == 0 ? "it failed this derivation before" : reason)}");
        }

        // Where every builder would take it and none can be reached for one and the same cause, that is the error.
        var causes = _builders.Select((b, i) => Eligibility.Check(b.Builder, needs).IsEligible ? _lost[i] : null)
            .OfType<NixRemoteException>().ToList();
        if (causes.Count == _builders.Length && causes.All(c => c.Definition == causes[0].Definition))
        {
            return new NixRemoteException(causes[0].Definition, $"{path} was not built.{string.Concat(reasons)}", causes[0])
            {
                Builder = causes.Count == 1 ? causes[0].Builder : null,
                Target = path.ToString(),
                StandardErrorTail = causes.Count == 1 ? causes[0].StandardErrorTail : null,
                RecommendedAction = causes[0].RecommendedAction,
            };
        }

        var text = $"No builder takes {path}, which needs {needs}.{string.Concat(reasons)}";
        var error = new NixRemoteException(NixErrors.NoEligibleBuilder, text, attempts is { Count: > 0 } ? attempts[^1] : causes.FirstOrDefault())
        {
            Target = path.ToString(),
        };
        if (causes.Count > 0)
        {
            error.RecommendedAction = NixErrors.BuilderFailed.RecommendedAction;
        }

        return error;
    }

    private void Post(Action action) => _posted.Writer.TryWrite(action);

    private static IEnumerable<StorePath> AllOutputs(DerivationGraph graph) =>
        graph.Derivations.Values.SelectMany(d => d.Outputs).Where(o => o.Path is not null).Select(o => o.Path!);

    private static IEnumerable<StorePath> AllPaths(DerivationGraph graph) =>
        AllOutputs(graph).Concat(graph.Derivations.Values.SelectMany(d => d.InputSources));

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;
}
