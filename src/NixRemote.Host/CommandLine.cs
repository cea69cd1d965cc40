using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace NixRemote.Host;

/// <summary>What to run: a script with its arguments, or a command text.</summary>
internal sealed partial record CommandLine
{
    /// <summary>The full path of the script; null for a command text.</summary>
    public string? Script { get; private init; }

    /// <summary>The script's arguments as the user wrote them.</summary>
    public IReadOnlyList<string> Arguments { get; private init; } = [];

    /// <summary>The command text; null for a script.</summary>
    public string? Text { get; private init; }

    /// <summary>Reads the program's arguments.</summary>
    /// <returns>Null if they say nothing that can be run.</returns>
    public static CommandLine? Parse(string[] arguments) => arguments switch
    {
        [var option, _, ..] when option.Equals("-Command", StringComparison.OrdinalIgnoreCase)
            => new() { Text = string.Join(' ', arguments[1..]) },
        [['-', ..], ..] or [] => null,
        [var script, ..] => new() { Script = Path.GetFullPath(script), Arguments = arguments[1..] },
    };

    /// <summary>
    /// The text that calls a script block, its first argument, with <see cref="Arguments"/>, its second one, bound as
    /// pwsh -File binds them: <c>-Name</c> and <c>-Name:value</c> are parameters, all else is a value.
    /// </summary>
    public string CallText()
    {
        var text = new StringBuilder(". $args[0]");
        for (var i = 0; i < Arguments.Count; i++)
        {
            var value = string.Create(CultureInfo.InvariantCulture, $"$args[1][{i}]");
            var parameter = Parameter().Match(Arguments[i]);
            text.Append(' ').Append(
                !parameter.Success ? value
                : !parameter.Groups["value"].Success ? parameter.Value
                : parameter.Groups["value"].Value.ToUpperInvariant() is "$TRUE" or "$FALSE" ? parameter.Value
                : $"{parameter.Groups["name"].Value}:({value} -replace '^[^:]*:')");
        }

        return text.ToString();
    }

    [GeneratedRegex(@"^(?<name>-[\p{L}_]\w*)(:(?<value>.*))?\z", RegexOptions.Singleline)]
    private static partial Regex Parameter();
}
