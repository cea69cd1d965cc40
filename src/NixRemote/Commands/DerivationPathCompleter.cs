using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using NixRemote.StoreObjects;

namespace NixRemote.Commands;

/// <summary>Completes paths of derivations in this machine's store directory, by what stands in their names.</summary>
public sealed class DerivationPathCompleter : IArgumentCompleter
{
    private const int MaxResults = 100;

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var word = wordToComplete.Trim('\'', '"');
        if (!Directory.Exists(StorePath.DefaultStoreDirectory))
        {
            yield break;
        }

        var prefix = StorePath.DefaultStoreDirectory + "/";
        var pattern = word.StartsWith(prefix, StringComparison.Ordinal) ? word[prefix.Length..] + "*.drv" : $"*{word}*.drv";
        foreach (var path in Directory.EnumerateFiles(StorePath.DefaultStoreDirectory, pattern).Take(MaxResults))
        {
            var name = Path.GetFileName(path);
            yield return new CompletionResult(prefix + name, name, CompletionResultType.ParameterValue, prefix + name);
        }
    }
}
