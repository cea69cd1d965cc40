using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Builds;

/// <summary>Derivations with all that they are built from, read from a store and verified.</summary>
public sealed class DerivationGraph
{
    /// <summary>The largest .drv that is read.</summary>
    public const int MaxDerivationBytes = 16 * 1024 * 1024;

    /// <summary>The most derivations that are read for one set of goals.</summary>
    public const int MaxDerivations = 1_000_000;

    private readonly Dictionary<StorePath, Derivation> _derivations;

    private DerivationGraph(Dictionary<StorePath, Derivation> derivations) => _derivations = derivations;

    /// <summary>All derivations.</summary>
    public IReadOnlyDictionary<StorePath, Derivation> Derivations => _derivations;

    /// <summary>The derivation of a path of the graph.</summary>
    public Derivation this[StorePath path] => _derivations[path];

    /// <summary>Reads the derivations and all their input derivations, level by level, and checks each: that its path follows
    /// from its text, and its output paths from its inputs.</summary>
    /// <exception cref="NixRemoteException">DerivationMissing, DerivationInvalid, DerivationTampered, and what the store throws.</exception>
    public static async Task<DerivationGraph> LoadAsync(INixStore store, IEnumerable<StorePath> roots, CancellationToken cancellationToken)
    {
        var derivations = new Dictionary<StorePath, Derivation>();
        var level = roots.Distinct().ToList();
        while (level.Count > 0)
        {
            var next = new HashSet<StorePath>();
            var files = await ReadAsync(store, level, cancellationToken).ConfigureAwait(false);
            foreach (var path in level)
            {
                var text = files[path];
                var derivation = DerivationParser.Parse(path, text.Span);
                DerivationVerifier.VerifyPath(derivation, text.Span);
                derivations[path] = derivation;
                next.UnionWith(derivation.InputDerivations.Select(i => i.Key));
            }

            if (derivations.Count > MaxDerivations)
            {
                throw new NixRemoteException(NixErrors.LimitExceeded, $"The goals need more than {MaxDerivations} derivations.") { Builder = store.Name };
            }

            next.ExceptWith(derivations.Keys);
            level = [.. next];
        }

        var verifier = new DerivationVerifier(path => derivations[path]);
        foreach (var derivation in derivations.Values)
        {
            cancellationToken.ThrowIfCancellationRequested();
            verifier.VerifyOutputs(derivation);
        }

        return new DerivationGraph(derivations);
    }

    /// <summary>Reads one derivation without what it is built from, and checks that its path follows from its text.</summary>
    /// <exception cref="NixRemoteException">DerivationMissing, DerivationInvalid, DerivationTampered, and what the store throws.</exception>
    public static async Task<Derivation> ReadOneAsync(INixStore store, StorePath path, CancellationToken cancellationToken)
    {
        var text = (await ReadAsync(store, [path], cancellationToken).ConfigureAwait(false))[path];
        var derivation = DerivationParser.Parse(path, text.Span);
        DerivationVerifier.VerifyPath(derivation, text.Span);
        return derivation;
    }

    /// <summary>The outputs of a derivation by name; null stands for all.</summary>
    /// <exception cref="NixRemoteException">OutputNotFound.</exception>
    public IReadOnlyDictionary<string, StorePath> Outputs(StorePath path, IReadOnlyList<string>? names)
    {
        var derivation = _derivations[path];
        var outputs = new SortedDictionary<string, StorePath>(StringComparer.Ordinal);
        foreach (var output in derivation.Outputs)
        {
            if ((names is null || names.Contains(output.Name)) && output.Path is not null)
            {
                outputs[output.Name] = output.Path;
            }
        }

        return names?.FirstOrDefault(n => !outputs.ContainsKey(n)) is { } unknown
            ? throw new NixRemoteException(NixErrors.OutputNotFound,
                $"{path} has no output '{unknown}'; it has {string.Join(", ", derivation.Outputs.Select(o => o.Name))}.") { Target = path.ToString() }
            : outputs;
    }

    /// <summary>The store paths that a derivation's build needs: its sources, and the outputs of others that it uses.</summary>
    public IReadOnlyList<StorePath> Inputs(Derivation derivation)
    {
        var inputs = new SortedSet<StorePath>(derivation.InputSources);
        foreach (var (input, names) in derivation.InputDerivations)
        {
            inputs.UnionWith(Outputs(input, names).Values);
        }

        return [.. inputs];
    }

    /// <summary>A derivation as it is sent to be built: with all inputs as paths.</summary>
    public BasicDerivation WithInputPaths(Derivation derivation)
    {
        ArgumentNullException.ThrowIfNull(derivation);
        return new BasicDerivation
        {
            Path = derivation.Path,
            Outputs = derivation.Outputs,
            InputSources = Inputs(derivation),
            Platform = derivation.Platform,
            Builder = derivation.Builder,
            Arguments = derivation.Arguments,
            Environment = derivation.Environment,
        };
    }

    private static async Task<IReadOnlyDictionary<StorePath, ReadOnlyMemory<byte>>> ReadAsync(
        INixStore store, IReadOnlyList<StorePath> level, CancellationToken cancellationToken)
    {
        try
        {
            return await store.ReadFilesAsync(level, MaxDerivationBytes, cancellationToken).ConfigureAwait(false);
        }
        catch (NixRemoteException exception) when (exception.Definition == NixErrors.PathNotValid)
        {
            throw new NixRemoteException(NixErrors.DerivationMissing, $"{store.Name} does not have the derivation {exception.Target}.", exception)
            {
                Builder = store.Name,
                Target = exception.Target,
            };
        }
    }
}
