using System.Text;

namespace NixRemote.StoreObjects;

/// <summary>
/// Says whether a .drv is what its paths claim: its own path must follow from its bytes, and its output paths from its
/// text and its inputs (nar.md §3.2, §6.4, §8). Hashes of inputs are kept, so that a graph is verified in one pass over
/// its derivations; each of them must be verified for the whole to be trusted. Not for several threads at once.
/// </summary>
/// <param name="lookup">Gives the input derivations; what it throws passes through.</param>
public sealed class DerivationVerifier(Func<StorePath, Derivation> lookup)
{
    private readonly DerivationHashes _hashes = new(lookup);

    /// <summary>Verifies a derivation's path, its output paths and the variables that hold them.</summary>
    /// <param name="derivation">What was parsed from the bytes.</param>
    /// <param name="bytes">The .drv file.</param>
    /// <exception cref="NixRemoteException">DerivationTampered, naming the path or output with its value and the one
    /// that it should have; DerivationInvalid.</exception>
    public void Verify(Derivation derivation, ReadOnlySpan<byte> bytes)
    {
        VerifyPath(derivation, bytes);
        VerifyOutputs(derivation);
    }

    /// <summary>Verifies that the path of a .drv follows from its bytes and references.</summary>
    /// <exception cref="NixRemoteException">DerivationTampered.</exception>
    public static void VerifyPath(Derivation derivation, ReadOnlySpan<byte> bytes)
    {
        var references = derivation.InputDerivations.Select(input => input.Key).Concat(derivation.InputSources);
        var path = StorePathFactory.Text(derivation.Path.Name, NixHash.Sha256(bytes), references, derivation.Path.StoreDirectory);
        if (path != derivation.Path)
        {
            throw Tampered(derivation, $"The text of '{derivation.Path}' belongs to the path '{path}'.");
        }
    }

    /// <summary>Verifies the output paths and the variables that hold them. Paths that are not known before the build
    /// have nothing to verify.</summary>
    /// <exception cref="NixRemoteException">DerivationTampered; DerivationInvalid.</exception>
    public void VerifyOutputs(Derivation derivation)
    {
        DerivationRules.CheckOutputs(derivation);
        switch (derivation.Outputs[0].Kind)
        {
            case DerivationOutputKind.Fixed:
                var address = DerivationRules.FixedAddress(derivation.Outputs[0])!;
                VerifyOutput(derivation, derivation.Outputs[0],
                    StorePathFactory.FromContent(derivation.Name, address, storeDirectory: derivation.Path.StoreDirectory));
                break;
            case DerivationOutputKind.InputAddressed:
                var hash = _hashes.Masked(derivation);
                if (hash.Kind == DerivationHashKind.Deferred)
                {
                    throw Tampered(derivation,
                        $"'{derivation.Path}' gives the output '{derivation.Outputs[0].Name}' a path, "
                        + "but it needs a derivation whose outputs are not known before it is built.");
                }

                foreach (var output in derivation.Outputs)
                {
                    VerifyOutput(derivation, output,
                        StorePathFactory.Output(derivation.Name, output.Name, hash.Hash, derivation.Path.StoreDirectory));
                }

                break;
        }
    }

    private static void VerifyOutput(Derivation derivation, DerivationOutput output, StorePath expected)
    {
        if (output.Path != expected)
        {
            throw Tampered(derivation,
                $"The output '{output.Name}' of '{derivation.Path}' is '{output.Path}'; by its text it must be '{expected}'.");
        }

        // The builder writes to the path in the variable: it must be the output's.
        var variable = derivation.FindVariable(output.Name);
        if (variable is null || !Ascii.Equals(variable.Value.Span, expected.ToString()))
        {
            var value = variable is null ? "not there" : PrintableBytes.Quote(variable.Value.Span);
            throw Tampered(derivation, $"The variable '{output.Name}' of '{derivation.Path}' must hold '{expected}'; it is {value}.");
        }
    }

    private static NixRemoteException Tampered(Derivation derivation, string message) =>
        new(NixErrors.DerivationTampered, message) { Target = derivation.Path.ToString() };
}
