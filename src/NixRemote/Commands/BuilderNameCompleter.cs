using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using NixRemote.Builders;

namespace NixRemote.Commands;

/// <summary>Completes the names of configured builders.</summary>
public sealed class BuilderNameCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var pattern = WildcardPattern.Get(wordToComplete.Trim('\'', '"') + "*", WildcardOptions.IgnoreCase);
        foreach (var builder in BuildersConfiguration.Load(NixEnvironment.OfThisProcess()).Builders.Where(b => pattern.IsMatch(b.Name)))
        {
            yield return new CompletionResult(builder.Name, builder.Name, CompletionResultType.ParameterValue, $"{builder.Uri} {string.Join(',', builder.Systems)}");
        }
    }
}
