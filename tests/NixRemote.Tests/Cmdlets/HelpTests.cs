using System.Collections;
using System.Management.Automation;
using System.Text.RegularExpressions;
using NixRemote.Commands;
using NixRemote.Tests.Engine;

namespace NixRemote.Tests.Cmdlets;

/// <summary>Get-Help finds all that a user may ask for.</summary>
public sealed partial class HelpTests
{
    public static TheoryData<string> Cmdlets =>
        [.. typeof(NixCmdlet).Assembly.GetTypes().SelectMany(t => t.GetCustomAttributes(typeof(CmdletAttribute), false)).Cast<CmdletAttribute>()
            .Select(a => $"{a.VerbName}-{a.NounName}").Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Each_cmdlet_is_described_with_two_examples(string name)
    {
        var (_, help) = Get(name);
        Assert.True(Text(help, "Synopsis").Length > 20, "It has no synopsis.");
        Assert.True(Text(help, "description").Length > 100, "It has no description.");
        var examples = Nodes(help, "examples", "example");
        Assert.True(examples.Count >= 2, "It has less than two examples.");
        Assert.All(examples, e => Assert.Contains(name, Text(e, "code"), StringComparison.Ordinal));
        Assert.All(examples, e => Assert.NotEqual("", Text(e, "remarks")));
        Assert.NotEqual("", Text(help, "inputTypes"));
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Each_parameter_is_described_as_it_is(string name)
    {
        var (command, help) = Get(name);
        var described = Nodes(help, "parameters", "parameter").ToDictionary(p => Text(p, "name"));
        foreach (var parameter in command.Parameters.Values.Where(p => !Cmdlet.CommonParameters.Contains(p.Name)))
        {
            Assert.True(described.Remove(parameter.Name, out var row), $"-{parameter.Name} is not described.");
            Assert.True(Text(row, "description").Length > 10, $"-{parameter.Name} has no description.");
            var sets = parameter.ParameterSets.Values;
            var type = parameter.SwitchParameter ? typeof(SwitchParameter) : Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
            Assert.Equal(
                (parameter.Name, sets.Any(s => s.IsMandatory), sets.Any(s => s.ValueFromPipeline), type.Name),
                (parameter.Name, Text(row, "required") == "true", Text(row, "pipelineInput").Contains("ByValue", StringComparison.Ordinal), Text(row, "type", "name")));
        }

        Assert.Empty(described.Keys);
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Each_property_of_what_a_cmdlet_gives_is_described(string name)
    {
        var (command, help) = Get(name);
        var text = Text(help, "returnValues");
        foreach (var type in command.OutputType.Select(o => o.Type).Where(t => t.Assembly != typeof(object).Assembly))
        {
            Assert.All(type.GetProperties(), p => Assert.Matches($@"\b{p.Name}\b[\w, ]*:", text));
        }
    }

    [Theory]
    [InlineData("about_NixRemote")]
    [InlineData("about_NixRemoteErrors")]
    [InlineData("about_NixRemoteSsh")]
    public void Each_topic_is_found(string topic)
    {
        using var runspace = new ModuleRunspace();
        var text = runspace.Run($"Get-Help {topic}").Succeeded().Output.Single().ToString();
        Assert.StartsWith($"TOPIC\n    {topic}\n", text.ReplaceLineEndings("\n").TrimStart(), StringComparison.Ordinal);
        Assert.All(text.ReplaceLineEndings("\n").Split('\n'), line => Assert.True(line.Length <= 80, line));
    }

    [Fact]
    public void The_topic_of_errors_lists_each_error_with_its_category_cause_and_action()
    {
        var file = Path.Combine(Path.GetDirectoryName(ModuleRunspace.Manifest)!, "en-US", "about_NixRemoteErrors.help.txt");
        var text = File.ReadAllText(file).ReplaceLineEndings("\n");
        var rows = Row().Matches(text[text.IndexOf("\nERRORS\n", StringComparison.Ordinal)..text.IndexOf("\nSEE ALSO\n", StringComparison.Ordinal)])
            .Select(m => (m.Groups["id"].Value, m.Groups["category"].Value, Joined(m.Groups["cause"].Value), Joined(m.Groups["action"].Value)));

        Assert.Equal(NixErrors.All.Select(d => (d.Id, ErrorRecords.Category(d.Category).ToString(), d.Cause, d.RecommendedAction)), rows);

        static string Joined(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    [GeneratedRegex(@"^    (?<id>\w+) \((?<category>\w+)\)\n(?<cause>(        [^ -].*\n)+)        -> (?<action>.*\n(           .*\n)*)", RegexOptions.Multiline)]
    private static partial Regex Row();

    private static (CmdletInfo Command, PSObject Help) Get(string name)
    {
        using var runspace = new ModuleRunspace();
        return (runspace.Run($"Get-Command {name}").Succeeded().OutputOf<CmdletInfo>().Single(), runspace.Run($"Get-Help {name} -Full").Succeeded().Output.Single());
    }

    /// <summary>The nodes of the help that a way of names leads to.</summary>
    private static List<PSObject> Nodes(PSObject node, params string[] way)
    {
        List<PSObject> nodes = [node];
        foreach (var name in way)
        {
            nodes = [.. nodes.SelectMany(n => Items(n.Properties[name]?.Value))];
        }

        return nodes;
    }

    private static IEnumerable<PSObject> Items(object? value) => value switch
    {
        null => [],
        string or PSObject { BaseObject: not IEnumerable or string } => [PSObject.AsPSObject(value)],
        IEnumerable items => items.Cast<object>().Select(PSObject.AsPSObject),
        PSObject { BaseObject: IEnumerable items } => items.Cast<object>().Select(PSObject.AsPSObject),
        _ => [PSObject.AsPSObject(value)],
    };

    /// <summary>All text of the nodes that a way of names leads to.</summary>
    private static string Text(PSObject node, params string[] way) => string.Join('\n', Nodes(node, way).Select(Text)).Trim();

    private static string Text(PSObject node) => node.BaseObject is string text
        ? text
        : string.Join('\n', node.Properties.SelectMany(p => Items(p.Value)).Select(Text));
}
