namespace NixRemote.StoreObjects;

/// <summary>Which outputs a derivation may have together, and which kinds can be built (nar.md §6.1).</summary>
public static class DerivationRules
{
    /// <summary>Checks that there are outputs, that each is of a kind, and that the kinds go together.</summary>
    /// <exception cref="NixRemoteException">DerivationInvalid.</exception>
    public static void CheckOutputs(BasicDerivation derivation)
    {
        var outputs = derivation.Outputs;
        if (outputs.Count == 0)
        {
            throw Invalid(derivation, "has no outputs");
        }

        foreach (var output in outputs)
        {
            CheckOutput(derivation, output);
        }

        var first = outputs[0];
        if (outputs.FirstOrDefault(output => output.Kind != first.Kind) is { } other)
        {
            throw Invalid(derivation,
                $"mixes kinds of outputs: '{first.Name}' is {Describe(first.Kind)}, '{other.Name}' is {Describe(other.Kind)}");
        }

        if (first.Kind == DerivationOutputKind.Fixed && (outputs.Count > 1 || first.Name != "out"))
        {
            var names = string.Join(", ", outputs.Select(output => $"'{output.Name}'"));
            throw Invalid(derivation, $"has a fixed hash, so that its only output must be 'out', not {names}");
        }

        if (outputs.FirstOrDefault(output => output.HashAlgorithm != first.HashAlgorithm) is { } different)
        {
            throw Invalid(derivation,
                $"mixes hash algorithms: '{first.Name}' has {first.HashAlgorithm}, '{different.Name}' has {different.HashAlgorithm}");
        }
    }

    /// <summary>Refuses derivations whose output paths are not known before they are built.</summary>
    /// <exception cref="NixRemoteException">DerivationInvalid, or DerivationUnsupported naming the kind.</exception>
    public static void EnsureBuildable(BasicDerivation derivation)
    {
        CheckOutputs(derivation);
        var output = derivation.Outputs[0];
        var (kind, reason) = output.Kind switch
        {
            DerivationOutputKind.FloatingContentAddressed => (Describe(output.Kind), "its path follows from what the build makes"),
            DerivationOutputKind.Deferred => (Describe(output.Kind),
                "it depends on a derivation whose output path is not known before it is built"),
            DerivationOutputKind.Impure => (Describe(output.Kind), "it is built anew every time"),
            _ => (null, null),
        };
        if (kind is not null)
        {
            throw new NixRemoteException(NixErrors.DerivationUnsupported,
                $"The output '{output.Name}' of '{derivation.Path}' is {kind}: {reason}. Such derivations cannot be built by this module.")
            {
                Target = derivation.Path.ToString(),
            };
        }
    }

    /// <summary>The content address of a fixed output, or null if its strings are none.</summary>
    internal static ContentAddress? FixedAddress(DerivationOutput output) =>
        ContentAddress.TryParseAlgorithm(output.HashAlgorithm, out var method, out var algorithm)
        && !output.Hash.AsSpan().ContainsAny(':', '-')
        && NixHash.TryParse(output.Hash, algorithm, out var hash)
            ? new ContentAddress(method, hash)
            : null;

    private static void CheckOutput(BasicDerivation derivation, DerivationOutput output)
    {
        var good = output.Kind switch
        {
            DerivationOutputKind.InputAddressed or DerivationOutputKind.Deferred => true,
            DerivationOutputKind.Fixed => FixedAddress(output) is not null,
            DerivationOutputKind.FloatingContentAddressed or DerivationOutputKind.Impure =>
                ContentAddress.TryParseAlgorithm(output.HashAlgorithm, out _, out _),
            _ => false,
        };
        if (!good)
        {
            throw Invalid(derivation,
                $"has an output '{output.Name}' of no known kind: "
                + $"path '{output.Path}', hash algorithm '{output.HashAlgorithm}', hash '{output.Hash}'");
        }
    }

    private static string Describe(DerivationOutputKind kind) => kind switch
    {
        DerivationOutputKind.InputAddressed => "input-addressed",
        DerivationOutputKind.Fixed => "fixed",
        DerivationOutputKind.FloatingContentAddressed => "floating content-addressed",
        DerivationOutputKind.Deferred => "deferred",
        DerivationOutputKind.Impure => "impure",
        _ => "of no known kind",
    };

    private static NixRemoteException Invalid(BasicDerivation derivation, string what) =>
        new(NixErrors.DerivationInvalid, $"'{derivation.Path}' {what}.") { Target = derivation.Path.ToString() };
}
