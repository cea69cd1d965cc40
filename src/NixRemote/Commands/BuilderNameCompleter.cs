using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using NixRemote.Builders;

namespace NixRemote.Commands;

/// <summary>Completes the names of builders: those of <c>-Builders</c> or <c>-Path</c> if the command line has one, else the configured ones.</summary>
public sealed class BuilderNameCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        ArgumentNullException.ThrowIfNull(wordToComplete);
        ArgumentNullException.ThrowIfNull(fakeBoundParameters);
        var pattern = WildcardPattern.Get(wordToComplete.Trim('\'', '"') + "*", WildcardOptions.IgnoreCase);
        foreach (var builder in Builders(commandName, fakeBoundParameters).Where(b => pattern.IsMatch(b.Name)))
        {
            yield return new CompletionResult(Quote(builder.Name), builder.Name, CompletionResultType.ParameterValue, $"{builder.Uri} {string.Join(',', builder.Systems)}".TrimEnd());
        }
    }

    private static IReadOnlyList<NixBuilder> Builders(string commandName, IDictionary parameters)
    {
        // Elsewhere -Path names other things.
        if (!string.Equals(commandName, "Get-NixBuilder", StringComparison.OrdinalIgnoreCase))
        {
            return BuildersConfiguration.Load(NixEnvironment.OfThisProcess(), AdapterLoader.CreateTomlReader).Builders;
        }

        var options = new MachinesParseOptions { LocalSystem = SystemNames.OfThisProcess(), TomlReader = AdapterLoader.CreateTomlReader };
        if (parameters["Builders"] is string text)
        {
            return MachinesReader.ReadText(text, "-Builders", options).Builders;
        }

        // What is typed on the command line is text here; a relative path would need the session's location.
        return (parameters["LiteralPath"] ?? parameters["Path"]) is string path && Path.IsPathFullyQualified(path)
            ? MachinesReader.ReadFile(path, options).Builders
            : BuildersConfiguration.Load(NixEnvironment.OfThisProcess(), AdapterLoader.CreateTomlReader).Builders;
    }

    private static string Quote(string name) =>
        name.Length > 0 && name.All(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.' or ':' or '%') && char.IsLetterOrDigit(name[0])
            ? name
            : $"'{name.Replace("'", "''", StringComparison.Ordinal)}'";
}
