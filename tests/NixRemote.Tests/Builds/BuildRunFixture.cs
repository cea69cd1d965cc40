using System.Collections.Concurrent;
using NixRemote.Builds;
using NixRemote.StoreObjects;
using NixRemote.Stores;
using NixRemote.Tests.Scheduling;
using NixRemote.Tests.StoreObjects;

namespace NixRemote.Tests.Builds;

/// <summary>Runs on stores in memory: the derivations and sources are in <see cref="Local"/>, which is where outputs go too.</summary>
public abstract class BuildRunFixture
{
    private readonly Dictionary<StorePath, Derivation> _derivations = [];

    private protected MemoryStore Local { get; } = new("local");

    private protected ConcurrentQueue<BuildEvent> Events { get; } = new();

    /// <summary>Sees each event as it happens.</summary>
    private protected Action<BuildEvent> OnEvent { get; set; } = _ => { };

    private protected Derivation Make(string name, params Derivation[] inputs)
    {
        var derivation = DerivationTexts.Instantiate(_derivations, name, inputs, "out");
        Local.Put(derivation);
        return derivation;
    }

    /// <summary>The derivation with a source as input, its paths computed anew.</summary>
    private protected Derivation WithSource(Derivation derivation, StorePath source) => Change(derivation with { InputSources = [source] });

    /// <summary>The derivation with one more variable, its paths computed anew.</summary>
    private protected Derivation With(Derivation derivation, string variable, string value) =>
        Change(derivation with { Environment = [.. derivation.Environment.Append(new(variable, value)).OrderBy(e => e.Key)] });

    private protected (Derivation Bottom, Derivation Left, Derivation Right, Derivation Top) Diamond()
    {
        var bottom = Make("bottom");
        var left = Make("left", bottom);
        var right = Make("right", bottom);
        return (bottom, left, right, Make("top", left, right));
    }

    private protected static Func<BasicDerivation, CancellationToken, Task<BuildResult?>> Fail(Derivation which, BuildStatus status, string message = "it failed") =>
        (derivation, _) => Task.FromResult(derivation.Path == which.Path ? new BuildResult { Status = status, ErrorMessage = message } : null);

    private protected Task<IReadOnlyList<NixBuildResult>> RunAsync(IReadOnlyList<Derivation> goals, params MemoryStore[] builders) =>
        RunAsync(goals, new BuildRunOptions(), [.. builders.Select(b => (b, 1))]);

    private protected Task<IReadOnlyList<NixBuildResult>> RunAsync(IReadOnlyList<Derivation> goals, BuildRunOptions options, params (MemoryStore Store, int Jobs)[] builders) =>
        RunAsync(goals, Run(options, builders));

    private protected static Task<IReadOnlyList<NixBuildResult>> RunAsync(IReadOnlyList<Derivation> goals, BuildRun run) =>
        run.RunAsync([.. goals.Select(g => new BuildGoal(g.Path, null))], CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));

    private protected BuildRun Run(BuildRunOptions options, params (MemoryStore Store, int Jobs)[] builders) => Run(options, Local, Builders(builders));

    private protected BuildRun Run(BuildRunOptions options, INixStore destination, params BuilderStore[] builders) => new(Local, destination, builders, options, e =>
    {
        Events.Enqueue(e);
        OnEvent(e);
    });

    private protected static BuilderStore[] Builders(params (MemoryStore Store, int Jobs)[] builders) =>
        [.. builders.Select(b => new BuilderStore(SchedulingFixture.Builder(b.Store.Name, b.Jobs), b.Store))];

    private Derivation Change(Derivation draft)
    {
        var hash = new DerivationHashes(path => _derivations[path]).Masked(draft).Hash;
        var output = StorePathFactory.Output(draft.Name, "out", hash);
        var changed = draft with
        {
            Outputs = [draft.Outputs[0] with { Path = output }],
            Environment = [.. draft.Environment.Select(e => e.Key == "out" ? new(e.Key, output.ToString()) : e)],
        };
        changed = changed with
        {
            Path = StorePathFactory.Text(
                $"{draft.Name}.drv", NixHash.Sha256(DerivationWriter.Write(changed)), changed.InputSources.Concat(changed.InputDerivations.Select(i => i.Key))),
        };
        _derivations[changed.Path] = changed;
        Local.Put(changed);
        return changed;
    }
}
