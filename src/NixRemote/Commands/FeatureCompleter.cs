using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using NixRemote.Builders;

namespace NixRemote.Commands;

/// <summary>Completes system features: those of the configured builders, and those that Nixpkgs uses.</summary>
public sealed class FeatureCompleter : IArgumentCompleter
{
    private static readonly string[] _common = ["benchmark", "big-parallel", "ca-derivations", "kvm", "nixos-test", "uid-range"];

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        ArgumentNullException.ThrowIfNull(wordToComplete);
        var word = wordToComplete.Trim('\'', '"');
        var configured = BuildersConfiguration.Load(NixEnvironment.OfThisProcess(), AdapterLoader.CreateTomlReader).Builders;
        foreach (var feature in configured.SelectMany(b => b.SupportedFeatures.Concat(b.MandatoryFeatures)).Concat(_common).Distinct().Order(StringComparer.Ordinal))
        {
            if (feature.StartsWith(word, StringComparison.OrdinalIgnoreCase))
            {
                var builders = configured.Where(b => b.SupportedFeatures.Contains(feature) || b.MandatoryFeatures.Contains(feature)).Select(b => b.Name).ToList();
                yield return new CompletionResult(feature, feature, CompletionResultType.ParameterValue, builders.Count == 0 ? feature : string.Join(", ", builders));
            }
        }
    }
}
