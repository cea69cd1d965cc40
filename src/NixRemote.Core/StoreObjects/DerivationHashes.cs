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
        if (input.Path != path)
        {
            throw new InvalidOperationException($"The lookup gave '{input.Path}' for '{path}'.");
        }

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
        var deferred = derivation.Outputs[0].Kind is not (DerivationOutputKind.InputAddressed or DerivationOutputKind.Deferred);
        var inputs = new List<KeyValuePair<string, IReadOnlyList<string>>>(derivation.InputDerivations.Count);
        foreach (var (path, outputNames) in derivation.InputDerivations)
        {
            var known = _known[path];
            deferred |= known.Hash.Kind == DerivationHashKind.Deferred;
            CheckOutputNames(derivation, path, outputNames, known.OutputNames);
            if (outputNames.Count > 0)
            {
                inputs.Add(new(known.Base16, outputNames));
            }
        }

        _text.ResetWrittenCount();
        DerivationWriter.Write(_text, derivation, maskOutputs, Merged(inputs));
        return new DerivationHash(deferred ? DerivationHashKind.Deferred : DerivationHashKind.Regular, NixHash.Sha256(_text.WrittenSpan));
    }

    // Ascending; inputs of the same hash are one with the outputs of all.
    private static List<KeyValuePair<string, IReadOnlyList<string>>> Merged(List<KeyValuePair<string, IReadOnlyList<string>>> inputs)
    {
        inputs.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        var last = 0;
        for (var i = 1; i < inputs.Count; i++)
        {
            if (inputs[i].Key == inputs[last].Key)
            {
                string[] names = [.. inputs[last].Value.Union(inputs[i].Value).Order(StringComparer.Ordinal)];
                inputs[last] = new(inputs[last].Key, names);
            }
            else
            {
                inputs[++last] = inputs[i];
            }
        }

        inputs.RemoveRange(Math.Min(last + 1, inputs.Count), Math.Max(0, inputs.Count - last - 1));
        return inputs;
    }

    private static void CheckOutputNames(Derivation derivation, StorePath path, IReadOnlyList<string> wanted, string[] existing)
    {
        foreach (var name in wanted)
        {
            if (!existing.Contains(name))
            {
                var list = string.Join(", ", existing.Select(output => $"'{output}'"));
                throw Invalid(derivation, $"needs the output '{name}' of '{path}', which has only {list}");
            }
        }
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
