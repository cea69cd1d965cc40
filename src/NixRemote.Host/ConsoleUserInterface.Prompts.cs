using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace NixRemote.Host;

/// <summary>Questions to the user: confirmations, and parameters that are mandatory and missing.</summary>
internal sealed partial class ConsoleUserInterface
{
    public override string ReadLine()
    {
        RequireTerminal();
        return Console.In.ReadLine() ?? throw new PipelineStoppedException();
    }

    public override SecureString ReadLineAsSecureString()
    {
        RequireTerminal();
        var text = new SecureString();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key != ConsoleKey.Backspace)
            {
                text.AppendChar(key.KeyChar);
            }
            else if (text.Length > 0)
            {
                text.RemoveAt(text.Length - 1);
            }
        }

        WriteLine("");
        return text;
    }

    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions)
    {
        ArgumentNullException.ThrowIfNull(descriptions);
        RequireTerminal();
        WriteHeading(caption, message);
        return descriptions.ToDictionary(
            field => field.Name,
            field =>
            {
                Write(field.Name + ": ");
                return PSObject.AsPSObject(
                    field.ParameterTypeFullName == typeof(SecureString).FullName ? ReadLineAsSecureString() : (object)ReadLine());
            });
    }

    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        ArgumentNullException.ThrowIfNull(choices);
        RequireTerminal();
        WriteHeading(caption, message);
        var names = choices.Select(c => c.Label.Replace("&", "", StringComparison.Ordinal)).ToList();
        var keys = choices.Select((c, i) => KeyOf(c.Label) ?? names[i]).ToList();
        while (true)
        {
            var offers = names.Select((name, i) => $"[{keys[i]}] {name}");
            Write(string.Join("  ", offers) + (defaultChoice < 0 ? ": " : $" (default is {keys[defaultChoice]}): "));
            var answer = ReadLine().Trim();
            if (answer.Length == 0 && defaultChoice >= 0)
            {
                return defaultChoice;
            }

            var chosen = Enumerable.Range(0, names.Count).Where(i =>
                answer.Equals(keys[i], StringComparison.OrdinalIgnoreCase) || answer.Equals(names[i], StringComparison.OrdinalIgnoreCase));
            if (chosen.Any())
            {
                return chosen.First();
            }
        }
    }

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
        PromptForCredential(caption, message, userName, targetName, PSCredentialTypes.Default, PSCredentialUIOptions.Default);

    public override PSCredential PromptForCredential(
        string caption,
        string message,
        string userName,
        string targetName,
        PSCredentialTypes allowedCredentialTypes,
        PSCredentialUIOptions options)
    {
        RequireTerminal();
        WriteHeading(caption, message);
        if (string.IsNullOrEmpty(userName))
        {
            Write("User: ");
            userName = ReadLine();
        }

        Write($"Password for user {userName}: ");
        return new PSCredential(userName, ReadLineAsSecureString());
    }

    private static void RequireTerminal()
    {
        if (Console.IsInputRedirected)
        {
            throw new HostException("Input is needed, and standard input is not a terminal.");
        }
    }

    private static string? KeyOf(string label)
    {
        var mark = label.IndexOf('&', StringComparison.Ordinal);
        return mark >= 0 && mark + 1 < label.Length ? label.Substring(mark + 1, 1).ToUpperInvariant() : null;
    }

    private void WriteHeading(string caption, string message)
    {
        foreach (var text in new[] { caption, message }.Where(t => !string.IsNullOrEmpty(t)))
        {
            WriteLine(text);
        }
    }
}
