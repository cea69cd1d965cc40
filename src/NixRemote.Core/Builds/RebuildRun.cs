using System.Diagnostics;
using NixRemote.Builders;
using NixRemote.Scheduling;
using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Builds;

/// <summary>
/// Builds derivations again and compares: one build with the outputs that a store has, or the builds of two builders with each other. A builder
/// that does not have the outputs builds them as ever; one that has them is asked to check (wire.md §4.4, buildMode 2), which only the
/// worker protocol can.
/// </summary>
/// <remarks>All goals at the same time, as far as builders have slots: of their own, and among all coordinators of this machine.</remarks>
public sealed class RebuildRun
{
    private readonly INixStore _source;
    private readonly IReadOnlyList<BuilderStore> _builders;
    private readonly RebuildOptions _options;
    private readonly Action<BuildEvent> _events;
    private readonly Dictionary<string, StoreConnectionInfo> _connected = [];
    private readonly Dictionary<string, string> _reasons = [];
    private readonly RebuildSlots _slots;

    /// <summary>What goals need is brought for one after the other, so that nothing is built for two of them at the same time.</summary>
    private readonly SemaphoreSlim _bringing = new(1);
    private DerivationGraph _graph = null!;

    /// <summary>Makes a run.</summary>
    /// <param name="source">The store that has the derivations.</param>
    /// <param name="builders">The builders with their stores.</param>
    /// <param name="options">How to go about it.</param>
    /// <param name="events">Told what happens; see <see cref="BuildEvent"/>.</param>
    public RebuildRun(INixStore source, IReadOnlyList<BuilderStore> builders, RebuildOptions options, Action<BuildEvent> events)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_source, _builders, _options, _events) = (source, builders, options, events);
        _slots = new RebuildSlots(builders, options.Build.Slots, events);
    }

    /// <summary>Builds the goals again.</summary>
    /// <returns>One result a goal, in the order of the goals; the same were told as <see cref="BuildEvent.GoalEnded"/> when they came.</returns>
    /// <exception cref="NixRemoteException">The graph cannot be read.</exception>
    public async Task<IReadOnlyList<NixBuildResult>> RunAsync(IReadOnlyList<BuildGoal> goals, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(goals);
        var connecting = _builders.Select(b => ConnectAsync(b, cancellationToken)).ToList();
        _graph = await DerivationGraph.LoadAsync(_source, goals.Select(g => g.DerivationPath), cancellationToken).ConfigureAwait(false);
        await Task.WhenAll(connecting).ConfigureAwait(false);
        return await Task.WhenAll(goals.Select(g => ResultAsync(g, cancellationToken))).ConfigureAwait(false);
    }

    private async Task<NixBuildResult> ResultAsync(BuildGoal goal, CancellationToken cancellationToken)
    {
        NixBuildResult result;
        try
        {
            result = await RebuildAsync(goal, cancellationToken).ConfigureAwait(false);
        }
        catch (NixRemoteException exception)
        {
            exception.Target ??= goal.DerivationPath.ToString();
            result = new NixBuildResult
            {
                DerivationPath = goal.DerivationPath.ToString(),
                Status = exception.Definition == NixErrors.BuildTimedOut ? GoalStatus.TimedOut : GoalStatus.Failed,
                Outputs = _graph.Outputs(goal.DerivationPath, goal.OutputNames).ToDictionary(o => o.Key, o => o.Value.ToString()),
                Builder = exception.Builder,
                Error = exception,
            };
        }

        if (result.Error is not null)
        {
            _events(new BuildEvent.Failed(goal.DerivationPath, result.Error.ToException()));
        }

        _events(new BuildEvent.GoalEnded(result));
        return result;
    }

    private async Task ConnectAsync(BuilderStore builder, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        try
        {
            var info = await builder.Store.ConnectAsync(cancellationToken).ConfigureAwait(false);
            lock (_connected)
            {
                _connected[builder.Builder.Name] = info;
            }

            _events(new BuildEvent.BuilderConnected(builder.Builder.Name, info, clock.Elapsed));
        }
        catch (NixRemoteException exception)
        {
            lock (_connected)
            {
                _reasons[builder.Builder.Name] = $"it cannot be used: {exception.Message}";
            }

            _events(new BuildEvent.BuilderLost(builder.Builder.Name, exception, IsFinal: true));
        }
    }

    private async Task<NixBuildResult> RebuildAsync(BuildGoal goal, CancellationToken cancellationToken)
    {
        var derivation = _graph[goal.DerivationPath];
        DerivationRules.EnsureBuildable(derivation);
        var outputs = _graph.Outputs(goal.DerivationPath, goal.OutputNames);
        var builders = await ChooseAsync(derivation, _options.CompareBuilders ? 2 : 1, cancellationToken).ConfigureAwait(false);
        try
        {
            return await CompareAsync(goal, derivation, outputs, builders, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _slots.Leave(builders.Select(b => b.Builder));
        }
    }

    private async Task<NixBuildResult> CompareAsync(
        BuildGoal goal, Derivation derivation, IReadOnlyDictionary<string, StorePath> outputs, IReadOnlyList<(BuilderStore Builder, BuildMode Mode)> builders,
        CancellationToken cancellationToken)
    {
        BuiltTwin first;
        BuiltTwin second;
        if (_options.CompareBuilders)
        {
            var twins = await Task.WhenAll(builders.Select(b => BuildOnAsync(b.Builder, b.Mode, derivation, cancellationToken))).ConfigureAwait(false);
            (first, second) = (twins[0], twins[1]);
        }
        else
        {
            first = await FindAsync(derivation, [.. outputs.Values], cancellationToken).ConfigureAwait(false);
            second = await BuildOnAsync(builders[0].Builder, builders[0].Mode, derivation, cancellationToken).ConfigureAwait(false);
        }

        var comparisons = new List<OutputComparison>();
        foreach (var (name, path) in outputs)
        {
            comparisons.Add(await CompareAsync(name, path, first, second, cancellationToken).ConfigureAwait(false));
        }

        var differing = comparisons.Where(c => !c.IsEqual).ToList();
        return new NixBuildResult
        {
            DerivationPath = goal.DerivationPath.ToString(),
            Status = differing.Count == 0 ? GoalStatus.Reproduced : GoalStatus.Differs,
            Outputs = outputs.ToDictionary(o => o.Key, o => o.Value.ToString()),
            Builder = _options.CompareBuilders ? $"{first.Name}, {second.Name}" : second.Name,
            BuildTime = first.BuildTime > second.BuildTime ? first.BuildTime : second.BuildTime,
            Log = second.Log,
            Comparisons = comparisons,
            Error = differing.Count == 0 ? null : Differ(goal.DerivationPath, differing, first.Differs ?? second.Differs),
        };
    }

    /// <summary>The builders to build on: those that lack the outputs before those that must check what they have, then the one that would be done first.</summary>
    private async Task<IReadOnlyList<(BuilderStore Builder, BuildMode Mode)>> ChooseAsync(Derivation derivation, int count, CancellationToken cancellationToken)
    {
        var needs = new BuildNeeds(derivation.Platform, DerivationOptions.Read(derivation).RequiredSystemFeatures);
        var outputs = derivation.Outputs.Select(o => o.Path!).ToList();
        var able = new List<(BuilderStore Builder, BuildMode Mode)>();
        var reasons = new List<string>();
        foreach (var builder in _builders)
        {
            var name = builder.Builder.Name;
            var answer = Eligibility.Check(builder.Builder, needs);
            if (!answer.IsEligible || !_connected.TryGetValue(name, out var info))
            {
                reasons.Add($"\n  {name}: {(answer.IsEligible ? _reasons[name] : answer.Text)}");
                continue;
            }

            var valid = await builder.Store.QueryValidPathsAsync(outputs, protect: true, substitute: false, cancellationToken).ConfigureAwait(false);
            if (valid.Count == 0)
            {
                able.Add((builder, BuildMode.Normal));
            }
            else if (valid.Count == outputs.Count && info.Protocol == StoreProtocol.Worker)
            {
                able.Add((builder, BuildMode.Check));
            }
            else
            {
                reasons.Add($"\n  {name}: {(valid.Count < outputs.Count ? "it has some of the outputs, and so can neither build nor check them all" : "it has the outputs, and over ssh:// it cannot check them; ssh-ng:// can")}");
            }
        }

        return able.Count >= count
            ? _slots.Choose(able, count)
            : throw new NixRemoteException(NixErrors.RebuildImpossible,
                $"{derivation.Path} needs {(count == 1 ? "a builder" : "two builders")} to be built again, and {able.Count} can.{string.Concat(reasons)}") { Target = derivation.Path.ToString() };
    }

    /// <summary>The outputs that are there: those of the coordinating store before those of builders.</summary>
    private async Task<BuiltTwin> FindAsync(Derivation derivation, IReadOnlyList<StorePath> outputs, CancellationToken cancellationToken)
    {
        foreach (var (name, store) in _builders.Where(b => _connected.ContainsKey(b.Builder.Name)).Select(b => (b.Builder.Name, (INixStore)b.Store)).Prepend((_source.Name, _source)))
        {
            var infos = await store.QueryPathInfosAsync(outputs, cancellationToken).ConfigureAwait(false);
            if (infos.Count == outputs.Count)
            {
                return new BuiltTwin(name, store, infos);
            }
        }

        throw new NixRemoteException(NixErrors.RebuildImpossible,
            $"No store has the outputs of {derivation.Path}, so there is nothing to compare a new build with; build it first, or give -CompareBuilders.") { Target = derivation.Path.ToString() };
    }

    private async Task<BuiltTwin> BuildOnAsync(BuilderStore builder, BuildMode mode, Derivation derivation, CancellationToken cancellationToken)
    {
        var name = builder.Builder.Name;
        _events(new BuildEvent.Started(derivation.Path, name));
        var log = new BuildLog();
        var clock = new Stopwatch();
        var options = _options.Build.Build with { Mode = mode };
        BuildResult result;
        try
        {
            result = _connected[name].Trust == TrustLevel.NotTrusted
                ? await BuildAsGuestAsync().ConfigureAwait(false)
                : await BuildAsync().ConfigureAwait(false);
        }
        catch (NixRemoteException exception) when (_connected[name].Trust == TrustLevel.Unknown && SaysNotTrusted(exception))
        {
            result = await BuildAsGuestAsync().ConfigureAwait(false);
        }

        var differs = mode == BuildMode.Check && (result.Status == BuildStatus.NotDeterministic || result.ErrorMessage.Contains("may not be deterministic", StringComparison.Ordinal));
        if (!result.IsSuccess && !differs)
        {
            throw BuildErrors.From(derivation.Path, name, result, log.Tail(_options.Build.ErrorLogLines));
        }

        _events(new BuildEvent.Built(derivation.Path, name, clock.Elapsed));
        var infos = await builder.Store.QueryPathInfosAsync([.. derivation.Outputs.Select(o => o.Path!)], cancellationToken).ConfigureAwait(false);
        return new BuiltTwin(name, builder.Store, infos) { Differs = differs ? result.ErrorMessage : null, Log = log.ToString(), BuildTime = clock.Elapsed };

        async Task<BuildResult> BuildAsync()
        {
            await _bringing.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                await BringInputsAsync(builder, derivation, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                _bringing.Release();
            }

            using var slot = await BeginAsync().ConfigureAwait(false);
            return await builder.Store.BuildDerivationAsync(_graph.WithInputPaths(derivation), options, OnStoreEvent, cancellationToken).ConfigureAwait(false);
        }

        // What it does not take from us it builds itself (wire.md §4.9).
        async Task<BuildResult> BuildAsGuestAsync()
        {
            await ClosureCopy.CopyClosureAsync(_source, builder.Store, [derivation.Path], new CopyOptions(), null, cancellationToken).ConfigureAwait(false);
            using var slot = await BeginAsync().ConfigureAwait(false);
            return await builder.Store.BuildGoalAsync(DerivedPath.Built(derivation.Path), options, OnStoreEvent, cancellationToken).ConfigureAwait(false);
        }

        // Not before what it needs is there, for that may take the slot.
        async Task<IDisposable> BeginAsync()
        {
            var slot = await _slots.TakeAsync(builder, cancellationToken).ConfigureAwait(false);
            _events(new BuildEvent.Building(derivation.Path, name));
            clock.Restart();
            return slot;
        }

        void OnStoreEvent(StoreEvent storeEvent)
        {
            if (storeEvent is StoreEvent.BuildLogLine line)
            {
                log.Add(line.Text);
                _events(new BuildEvent.LogLine(derivation.Path, name, line.Text));
            }
        }
    }

    /// <summary>Whether a failure, or what caused it, is that a builder does not trust our user.</summary>
    private static bool SaysNotTrusted(Exception? exception) => exception is NixRemoteException failure
        && (failure.Definition == NixErrors.NotTrusted || failure.Definition == NixErrors.SignatureMissing || SaysNotTrusted(failure.InnerException));

    /// <summary>Makes valid on a builder what the build needs: outputs of others by an ordinary run, which builds what is nowhere, then sources.</summary>
    private async Task BringInputsAsync(BuilderStore builder, Derivation derivation, CancellationToken cancellationToken)
    {
        var run = new BuildRun(_source, builder.Store, _builders, _options.Build, e =>
        {
            if (e is not (BuildEvent.GoalEnded or BuildEvent.Planned or BuildEvent.BuilderConnected or BuildEvent.Failed))
            {
                _events(e);
            }
        });
        var inputs = derivation.InputDerivations.Count == 0 ? []
            : await run.RunAsync([.. derivation.InputDerivations.Select(i => new BuildGoal(i.Key, i.Value))], cancellationToken).ConfigureAwait(false);
        if (inputs.FirstOrDefault(i => !i.Success) is { } failed)
        {
            throw new NixRemoteException(NixErrors.DependencyFailed, $"{derivation.Path} was not built again since {failed.DerivationPath} failed: {failed.Error!.Message}", failed.Error)
            {
                Target = derivation.Path.ToString(),
            };
        }

        await ClosureCopy.CopyClosureAsync(_source, builder.Store, derivation.InputSources, new CopyOptions { Substitute = _options.Build.UseSubstitutes }, null, cancellationToken).ConfigureAwait(false);
        await builder.Store.QueryValidPathsAsync(_graph.Inputs(derivation), protect: true, substitute: false, cancellationToken).ConfigureAwait(false);
    }

    private async Task<OutputComparison> CompareAsync(string name, StorePath path, BuiltTwin first, BuiltTwin second, CancellationToken cancellationToken)
    {
        // One that differs from what its builder had cannot be fetched: the builder throws it away.
        if (first.Differs is not null && second.Differs is null)
        {
            (first, second) = (second, first);
        }

        var comparison = new OutputComparison
        {
            OutputName = name,
            Path = path.ToString(),
            First = first.Name,
            FirstHash = first.Infos[path].NarHash.ToString(),
            Second = second.Name,
            SecondHash = second.Differs is null ? second.Infos[path].NarHash.ToString() : null,
        };
        return comparison.IsEqual ? comparison : comparison with
        {
            FirstCopy = await OutputFolder.UnpackAsync(first.Store, path, CopiesOf(first), cancellationToken).ConfigureAwait(false),
            SecondCopy = second.Differs is not null ? null : await OutputFolder.UnpackAsync(second.Store, path, CopiesOf(second), cancellationToken).ConfigureAwait(false),
        };
    }

    private string CopiesOf(BuiltTwin twin) => Path.Combine(_options.CopiesFolder, string.Join('_', twin.Name.Split(Path.GetInvalidFileNameChars())));

    private static NixRemoteException Differ(StorePath derivation, IReadOnlyList<OutputComparison> differing, string? told)
    {
        var rows = differing.Select(c => c.SecondHash is { } second
            ? $"\n  {c.OutputName}: {c.FirstHash} from {c.First}, kept as '{c.FirstCopy}'; {second} from {c.Second}, kept as '{c.SecondCopy}'"
            : $"\n  {c.OutputName}: {c.FirstHash} from {c.First}, kept as '{c.FirstCopy}'; {c.Second} built another one");
        return new NixRemoteException(NixErrors.OutputsDiffer, $"Two builds of {derivation} differ.{string.Concat(rows)}{(told is null ? "" : $"\n  {told}")}") { Target = derivation.ToString() };
    }
}
