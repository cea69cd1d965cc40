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
    private readonly RunBuilder[] _builders;
    private readonly BuildRunOptions _options;
    private readonly Action<BuildEvent> _events;
    private readonly Transfers _transfers;
    private readonly BuilderSlots _slots;
    private readonly RunHistory _history;
    private readonly Channel<Action> _posted = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan? _firstConnected;
    private DerivationGraph _graph = null!;

    /// <summary>Makes a run.</summary>
    /// <param name="source">The coordinating store: it has the derivations and their sources.</param>
    /// <param name="destination">Where the goals' outputs go; may be <paramref name="source"/>.</param>
    /// <param name="builders">The builders with their stores; that of this machine may be <paramref name="source"/>.</param>
    /// <param name="options">How to go about it.</param>
    /// <param name="events">Told what happens; see <see cref="BuildEvent"/>.</param>
    public BuildRun(
        INixStore source, INixStore destination, IReadOnlyList<BuilderStore> builders, BuildRunOptions options, Action<BuildEvent> events)
    {
        ArgumentNullException.ThrowIfNull(builders);
        var paths = new PathTable();
        _source = new RunStore(source, paths);
        _builders = [.. builders.Select(b => new RunBuilder(b, ReferenceEquals(b.Store, source) ? _source : new RunStore(b.Store, paths, b.Builder.MaxJobs)))];
        _destination = ReferenceEquals(source, destination) ? _source
            : Array.Find(_builders, b => ReferenceEquals(b.Builds, destination))?.Store ?? new RunStore(destination, paths);
        _options = options;
        _events = events;
        _transfers = new Transfers(options.UseSubstitutes, OnTransfer);
        _slots = new BuilderSlots(options.Slots, error => _events(new BuildEvent.Degraded(error)));
        _history = new RunHistory(options.History, error => _events(new BuildEvent.Degraded(error)));
    }

    /// <summary>What a run would do, without doing it: builders are asked what they have, nothing is moved or built.</summary>
    /// <exception cref="NixRemoteException">What reading the graph or the stores throws.</exception>
    public async Task<IReadOnlyList<PlannedBuild>> PlanAsync(IReadOnlyList<BuildGoal> goals, CancellationToken cancellationToken)
    {
        var work = await PrepareAsync(goals, cancellationToken).ConfigureAwait(false);
        while (Array.Exists(_builders, b => b.IsConnecting))
        {
            (await _posted.Reader.ReadAsync(cancellationToken).ConfigureAwait(false))();
        }

        var schedule = work.Schedule(_builders, _options);
        for (var b = 0; b < _builders.Length; b++)
        {
            TellOfBuilder(schedule, work, b);
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
                    plan.Add(await PlannedAsync(work.Paths[command.Node], _builders[command.Builder], sent[command.Builder], cancellationToken).ConfigureAwait(false));
                    running.Enqueue(command.Node);
                }
                else if (command.Kind == ScheduleCommandKind.GiveUp)
                {
                    plan.Add(new PlannedBuild(work.Paths[command.Node], null, 0, 0, NobodyTakes(work.Paths[command.Node])));
                    schedule.GiveUp(command.Node);
                }
            }

            if (running.TryDequeue(out var done))
            {
                schedule.Built(done, TimeSpan.Zero, TimeSpan.Zero);
            }
            else if (schedule.Waits(TimeSpan.Zero).FirstOrDefault() is { } wait)
            {
                plan.Add(new PlannedBuild(work.Paths[wait.First], null, 0, 0, NobodyTakes(work.Paths[wait.First])));
                schedule.GiveUp(wait.First);
            }
            else
            {
                return plan;
            }
        }
    }

    /// <summary>Builds the goals.</summary>
    /// <returns>One result a goal, in the order of the goals; the same were told as <see cref="BuildEvent.GoalEnded"/>.</returns>
    /// <exception cref="NixRemoteException">Where nothing could be begun: the graph cannot be read, a store is not there. What
    /// happens to single derivations is in the results.</exception>
    public async Task<IReadOnlyList<NixBuildResult>> RunAsync(IReadOnlyList<BuildGoal> goals, CancellationToken cancellationToken)
    {
        using var stopBuilds = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var work = await PrepareAsync(goals, cancellationToken).ConfigureAwait(false);
        var execution = new Execution(this, goals, work, stopBuilds, cancellationToken);
        try
        {
            var results = await execution.RunAsync().ConfigureAwait(false);
            await execution.MeasureOutputsAsync().ConfigureAwait(false);
            return results;
        }
        finally
        {
            // Whatever ends the run, no build of it goes on.
            await stopBuilds.CancelAsync().ConfigureAwait(false);
            await execution.BuildsEndedAsync().ConfigureAwait(false);
            await _history.SaveAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Reads the graph while the builders connect, asks all stores what they have, and finds what may have to be built.</summary>
    private async Task<RunWork> PrepareAsync(IReadOnlyList<BuildGoal> goals, CancellationToken cancellationToken)
    {
        var graph = DerivationGraph.LoadAsync(_source.Store, goals.Select(g => g.DerivationPath), cancellationToken);
        for (var b = 0; b < _builders.Length; b++)
        {
            _ = ConnectAsync(b, graph, cancellationToken);
        }

        _graph = await graph.ConfigureAwait(false);
        var wanted = goals.SelectMany(g => _graph.Outputs(g.DerivationPath, g.OutputNames).Values);
        foreach (var derivation in goals.Select(g => _graph[g.DerivationPath]))
        {
            DerivationRules.EnsureBuildable(derivation);
        }

        var expected = _history.ExpectedAsync([.. _graph.Derivations.Values.Select(d => d.Name).Distinct()]);
        await _source.LearnAsync(AllOutputs(_graph), protect: false, substitute: false, cancellationToken).ConfigureAwait(false);
        if (_destination != _source)
        {
            await _destination.LearnAsync(wanted, protect: false, substitute: false, cancellationToken).ConfigureAwait(false);
        }

        if (Missing(goals, atBuilders: false).Count > 0)
        {
            await AwaitBuildersAsync(cancellationToken).ConfigureAwait(false);
            if (_options.UseSubstitutes)
            {
                await SubstituteAsync(goals, cancellationToken).ConfigureAwait(false);
            }
        }

        var toBuild = Missing(goals, atBuilders: true);
        foreach (var path in toBuild)
        {
            DerivationRules.EnsureBuildable(_graph[path]);
        }

        // What only builders have stays in the schedule: it is built if they are lost before it was fetched.
        var work = new RunWork(_graph, goals, Missing(goals, atBuilders: false));
        await work.DescribeAsync(_source, await expected.ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        _events(new BuildEvent.Planned(toBuild.Count, _graph.Derivations.Count - toBuild.Count));
        return work;
    }

    /// <summary>Lets the coordinating store fetch from its substituters what no store has, from the goals down: what the goals need is asked for
    /// only as far as they themselves cannot be had.</summary>
    private async Task SubstituteAsync(IReadOnlyList<BuildGoal> goals, CancellationToken cancellationToken)
    {
        var seen = new HashSet<StorePath>();
        var level = goals.Select(g => (Path: g.DerivationPath, g.OutputNames)).ToList();
        while (level.Count > 0)
        {
            level.RemoveAll(d => IsAvailable(d.Path, d.OutputNames, atBuilders: true) || !seen.Add(d.Path));
            await _source.SubstituteAsync(
                [.. level.Where(d => DerivationOptions.Read(_graph[d.Path]).AllowSubstitutes).SelectMany(d => _graph.Outputs(d.Path, d.OutputNames).Values)],
                cancellationToken).ConfigureAwait(false);
            level = [.. level.Where(d => !IsAvailable(d.Path, d.OutputNames, atBuilders: true))
                .SelectMany(d => _graph[d.Path].InputDerivations).Select(i => (i.Key, (IReadOnlyList<string>?)i.Value)).DistinctBy(i => i.Key)];
        }
    }

    /// <summary>Derivations whose wanted outputs neither the coordinating store nor, if asked for, a builder has, with those that they need,
    /// inputs first.</summary>
    private List<StorePath> Missing(IReadOnlyList<BuildGoal> goals, bool atBuilders)
    {
        var missing = new List<StorePath>();
        var seen = new HashSet<StorePath>();
        var open = new Stack<(StorePath Path, bool InputsDone)>();
        foreach (var goal in goals.Reverse())
        {
            if (!_graph.Outputs(goal.DerivationPath, goal.OutputNames).Values.All(_destination.Has) && !IsAvailable(goal.DerivationPath, goal.OutputNames, atBuilders))
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
                    if (!IsAvailable(input, names, atBuilders))
                    {
                        open.Push((input, false));
                    }
                }
            }
        }

        return missing;
    }

    private bool IsAvailable(StorePath derivation, IReadOnlyList<string>? outputs, bool atBuilders) =>
        _graph[derivation].Outputs.All(o => (outputs is not null && !outputs.Contains(o.Name))
            || (o.Path is not null && (atBuilders ? Holder(o.Path) is not null : _source.Has(o.Path))));

    /// <summary>A store that has the path: the coordinating store before builders, for it is near.</summary>
    private RunStore? Holder(StorePath path) =>
        _source.Has(path) ? _source : Array.Find(_builders, b => b.IsReady && b.Store.Has(path))?.Store;

    private async Task<PlannedBuild> PlannedAsync(StorePath path, RunBuilder builder, HashSet<StorePath> sent, CancellationToken cancellationToken)
    {
        var paths = 0;
        var bytes = 0L;
        IReadOnlyList<StorePath> wanted = builder.TrustsUs ? _graph.Inputs(_graph[path]) : [path];
        foreach (var group in wanted.Where(i => !builder.Store.Has(i)).GroupBy(HolderOrNull))
        {
            if (group.Key is { } holder)
            {
                foreach (var outline in await _transfers.MissingAsync(holder, builder.Store, group, protect: false, cancellationToken).ConfigureAwait(false))
                {
                    if (sent.Add(outline.Path))
                    {
                        paths++;
                        bytes += outline.NarSize;
                    }
                }
            }
        }

        return new PlannedBuild(path, builder.Name, paths, bytes, null);
    }

    /// <summary>The holder of an input; sources are not asked for in advance, the coordinating store has them with the derivation.</summary>
    private RunStore? HolderOrNull(StorePath path) => Holder(path) ?? (_source.Knows(path) ? null : _source);

    /// <summary>The holder of a path that must exist somewhere.</summary>
    /// <exception cref="NixRemoteException">BuilderFailed: the builder that had it is lost.</exception>
    private RunStore RequireHolder(StorePath path) => HolderOrNull(path)
        ?? throw new NixRemoteException(NixErrors.BuilderFailed, $"{path} is on no store that can be reached: the builder that had it is lost.") { Target = path.ToString() };

    private void Post(Action action) => _posted.Writer.TryWrite(action);

    private static IEnumerable<StorePath> AllOutputs(DerivationGraph graph) =>
        graph.Derivations.Values.SelectMany(d => d.Outputs).Where(o => o.Path is not null).Select(o => o.Path!);

    private static IEnumerable<StorePath> AllPaths(DerivationGraph graph) =>
        AllOutputs(graph).Concat(graph.Derivations.Values.SelectMany(d => d.InputSources));
}
