using NixRemote.StoreObjects;

namespace NixRemote.Commands;

/// <summary>A derivation as Get-NixDerivation shows it.</summary>
public sealed record NixDerivation
{
    /// <summary>Its .drv.</summary>
    public required string DerivationPath { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The system it is built on.</summary>
    public required string System { get; init; }

    /// <summary>The features that a builder must have for it, ascending.</summary>
    public required IReadOnlyList<string> RequiredSystemFeatures { get; init; }

    /// <summary>Whether it is so cheap that it should be built where it is needed.</summary>
    public required bool PreferLocalBuild { get; init; }

    /// <summary>Whether its outputs may be fetched instead of built.</summary>
    public required bool AllowSubstitutes { get; init; }

    /// <summary>Its outputs, ascending by name.</summary>
    public required IReadOnlyList<NixDerivationOutput> Outputs { get; init; }

    /// <summary>The derivations that it needs, each with the names of the outputs that it needs of them.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> InputDerivations { get; init; }

    /// <summary>The other paths that it needs, ascending.</summary>
    public required IReadOnlyList<string> InputSources { get; init; }

    /// <summary>The derivations that it needs, where they were read too (-Recurse); else empty.</summary>
    public IReadOnlyList<NixDerivation> Inputs { get; init; } = [];

    /// <summary>The program that builds it.</summary>
    public required string BuilderProgram { get; init; }

    /// <summary>The arguments of that program.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The environment of that program, ascending by name.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>Shows a derivation.</summary>
    /// <param name="derivation">The derivation.</param>
    /// <param name="inputs">Those that it needs, where they were read.</param>
    /// <exception cref="NixRemoteException">DerivationInvalid: its options cannot be read.</exception>
    internal static NixDerivation From(Derivation derivation, IReadOnlyList<NixDerivation> inputs)
    {
        var options = DerivationOptions.Read(derivation);
        return new NixDerivation
        {
            DerivationPath = derivation.Path.ToString(),
            Name = derivation.Name,
            System = derivation.Platform,
            RequiredSystemFeatures = options.RequiredSystemFeatures,
            PreferLocalBuild = options.PreferLocalBuild,
            AllowSubstitutes = options.AllowSubstitutes,
            Outputs = [.. derivation.Outputs.Select(NixDerivationOutput.From)],
            InputDerivations = new SortedDictionary<string, IReadOnlyList<string>>(
                derivation.InputDerivations.ToDictionary(i => i.Key.ToString(), i => i.Value), StringComparer.Ordinal),
            InputSources = [.. derivation.InputSources.Select(s => s.ToString())],
            Inputs = inputs,
            BuilderProgram = derivation.Builder.ToString(),
            Arguments = [.. derivation.Arguments.Select(argument => argument.ToString())],
            Environment = new SortedDictionary<string, string>(
                derivation.Environment.ToDictionary(variable => variable.Key.ToString(), variable => variable.Value.ToString()), StringComparer.Ordinal),
        };
    }

    /// <inheritdoc/>
    public override string ToString() => DerivationPath;
}
