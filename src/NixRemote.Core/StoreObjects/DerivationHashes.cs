using System.Buffers;
using System.Text;

namespace NixRemote.StoreObjects;

/// <summary>
/// hashDerivationModulo over a graph (nar.md §8): each derivation's hash is made of its text with the hashes of its
/// inputs in place of their paths. Each input is looked up and hashed once, without recursion, so that long chains
/// do not matter. Not for several threads at once.
/// </summary>
/// <param name="lookup">Gives the input derivations; what it throws passes through.</param>
public sealed class DerivationHashes(Func<StorePath, Derivation> lookup)
{
    private readonly Dictionary<StorePath, Known> _known = [];
    private readonly ArrayBufferWriter<byte> _text = new();

    /// <summary>The hash that gives a derivation its own output paths: its outputs are masked. Of fixed outputs, nar.md §8.2.</summary>
    /// <exception cref="NixRemoteException">DerivationInvalid: an input lacks an output that is asked of it, or
    /// derivations need one another; or what the lookup throws.</exception>
    public DerivationHash Masked(Derivation derivation) => Of(derivation, maskOutputs: true);

    /// <summary>The hash that stands for a derivation in those that need it: its final output paths are in it.</summary>
    /// <inheritdoc cref="Masked" path="/exception"/>
    public DerivationHash Unmasked(Derivation derivation) => Of(derivation, maskOutputs: false);

    private DerivationHash Of(Derivation derivation, bool maskOutputs)
    {
        if (FixedHash(derivation) is { } fixedHash)
        {
            return fixedHash;
        }

        HashInputs(derivation);
        return HashText(derivation, maskOutputs);
    }

    // fixed: sha256 of "fixed:out:" hashAlgo ":" hexDigest ":" path
    private static DerivationHash? FixedHash(Derivation derivation)
    {
        var output = derivation.Outputs[0];
        if (output.Kind != DerivationOutputKind.Fixed)
        {
            return null;
        }

        DerivationRules.CheckOutputs(derivation);
        var digest = DerivationRules.FixedAddress(output)!.Hash.ToBase16();
        return new DerivationHash(DerivationHashKind.Fixed,
            NixHash.Sha256(Encoding.ASCII.GetBytes($"fixed:out:{output.HashAlgorithm}:{digest}:{output.Path}")));
    }

    // Depth first with a stack of its own: a derivation is hashed once all its inputs are.
    private void HashInputs(Derivation root)
    {
        var open = new HashSet<StorePath> { root.Path };
        var stack = new Stack<Frame>();
        stack.Push(new Frame(root));
        while (stack.TryPeek(out var frame))
        {
            if (frame.NextInput < frame.Derivation.InputDerivations.Count)
            {
                var path = frame.Derivation.InputDerivations[frame.NextInput++].Key;
                if (!_known.ContainsKey(path))
                {
                    Open(path, frame.Derivation, open, stack);
                }

                continue;
            }

            stack.Pop();
            open.Remove(frame.Derivation.Path);
            if (stack.Count > 0)
            {
                Add(frame.Derivation, HashText(frame.Derivation, maskOutputs: false));
            }
        }
    }

    private void Open(StorePath path, Derivation dependant, HashSet<StorePath> open, Stack<Frame> stack)
    {
        if (!open.Add(path))
        {
            throw Invalid(dependant, $"needs '{path}', which needs it in turn");
        }

        var input = lookup(path);
        if (FixedHash(input) is { } fixedHash)
        {
            // Whatever a fixed output is made from does not matter.
            Add(input, fixedHash);
            open.Remove(path);
        }
        else
        {
            stack.Push(new Frame(input));
        }
    }

    private void Add(Derivation derivation, DerivationHash hash) =>
        _known.Add(derivation.Path, new Known(hash, hash.Hash.ToBase16(), [.. derivation.Outputs.Select(output => output.Name)]));

    private DerivationHash HashText(Derivation derivation, bool maskOutputs)
    {
        var deferred = derivation.Outputs[0].Kind != DerivationOutputKind.InputAddressed && derivation.Outputs[0].Kind != DerivationOutputKind.Deferred;
        var inputs = new SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        foreach (var (path, outputNames) in derivation.InputDerivations)
        {
            var known = _known[path];
            deferred |= known.Hash.Kind == DerivationHashKind.Deferred;
            foreach (var name in outputNames)
            {
                if (!known.OutputNames.Contains(name))
                {
                    throw Invalid(derivation, $"needs the output '{name}' of '{path}', which has only {string.Join(", ", known.OutputNames.Select(n => $"'{n}'"))}");
                }

                // Inputs of the same hash are one.
                if (!inputs.TryGetValue(known.Base16, out var names))
                {
                    inputs.Add(known.Base16, names = new SortedSet<string>(StringComparer.Ordinal));
                }

                names.Add(name);
            }
        }

        _text.ResetWrittenCount();
        DerivationWriter.Write(_text, derivation, maskOutputs, [.. inputs.Select(input => new KeyValuePair<string, IReadOnlyCollection<string>>(input.Key, input.Value))]);
        return new DerivationHash(deferred ? DerivationHashKind.Deferred : DerivationHashKind.Regular, NixHash.Sha256(_text.WrittenSpan));
    }

    private static NixRemoteException Invalid(Derivation derivation, string what) =>
        new(NixErrors.DerivationInvalid, $"'{derivation.Path}' {what}.") { Target = derivation.Path.ToString() };

    private sealed record Known(DerivationHash Hash, string Base16, string[] OutputNames);

    private sealed class Frame(Derivation derivation)
    {
        public Derivation Derivation => derivation;

        public int NextInput { get; set; }
    }
}
