using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using NixRemote.Builders;

namespace NixRemote.Commands;

/// <summary>Completes systems: those of the configured builders first, then all that Nix knows.</summary>
public sealed class SystemCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        ArgumentNullException.ThrowIfNull(wordToComplete);
        var word = wordToComplete.Trim('\'', '"');
        var configured = BuildersConfiguration.Load(NixEnvironment.OfThisProcess(), AdapterLoader.CreateTomlReader).Builders;
        foreach (var system in configured.SelectMany(b => b.Systems).Concat(SystemNames.Known).Distinct())
        {
            if (system.StartsWith(word, StringComparison.OrdinalIgnoreCase))
            {
                var builders = configured.Where(b => b.Systems.Contains(system)).Select(b => b.Name).ToList();
                yield return new CompletionResult(system, system, CompletionResultType.ParameterValue, builders.Count == 0 ? system : string.Join(", ", builders));
            }
        }
    }
}
