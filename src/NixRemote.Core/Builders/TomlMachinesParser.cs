using System.Globalization;
using NixRemote.Stores;

namespace NixRemote.Builders;

/// <summary>Reads Lix's TOML, version 1 (machines.md §5.1).</summary>
internal sealed class TomlMachinesParser
{
    /// <summary>The only version there is.</summary>
    public const int Version = 1;

    private const string WholeFile = "Lix reads none of the builders until this is corrected.";

    private static readonly FieldNames _keys = new(
        "uri", "system-types", "ssh-key", "jobs", "speed-factor", "supported-features", "mandatory-features", "ssh-public-host-key", "enable", "enabled");

    private readonly MachinesCollector _collector;
    private readonly string[] _localSystem;
    private readonly string _file;
    private readonly int _line;
    private readonly int _column;

    /// <param name="collector">Where to put what is found.</param>
    /// <param name="options">The local system.</param>
    /// <param name="start">Where the text begins.</param>
    public TomlMachinesParser(MachinesCollector collector, MachinesParseOptions options, SourceLocation start)
    {
        _collector = collector;
        _localSystem = [options.LocalSystem];
        (_file, _line, _column) = (start.File, start.Line - 1, start.Column - 1);
    }

    /// <summary>Reads a document. Top level: version (integer, default 1), machines (table: name → machine).</summary>
    public void Parse(DocumentText document, string text)
    {
        foreach (var error in document.Errors)
        {
            _collector.Error(Place(error.Line, error.Column), LineOf(text, error.Line), error.Message,
                error.Message.Contains("quoted", StringComparison.Ordinal) ? $"Write the value in double quotes. {WholeFile}" : $"Correct the line. {WholeFile}");
        }

        if (document.Comments.Count == BuildersLimits.CommentLines)
        {
            var last = document.Comments[^1];
            _collector.Warn(Place(last.Line, 1), null, null, $"There are {BuildersLimits.CommentLines} comments or more; from here on they are not kept.");
        }

        CheckVersion(document.Root["version"]);
        foreach (var member in document.Root.Members)
        {
            if (member.Name is not ("version" or "machines"))
            {
                _collector.Warn(Place(member.Line, member.Column), null, null, $"'{MachinesCollector.Shown(member.Name)}' is not a field of a machines file; Lix 2.95 refuses it, later ones ignore it.");
            }
        }

        var machines = document.Root["machines"];
        switch (machines?.Kind)
        {
            case DocumentNodeKind.Table:
                ParseMachines(document, machines);
                break;
            case null when document.Errors.Count == 0:
                _collector.Error(Place(1, 1), "", "missing field `machines`.", "Write a table [machines.NAME] for each machine.");
                break;
            case not null:
                _collector.Error(Place(machines.Line, machines.Column), machines.Shown(),
                    $"machines: invalid type: {machines.Describe()}, expected a map of name -> machine configurations.", "Write a table [machines.NAME] for each machine.");
                break;
        }
    }

    private void CheckVersion(DocumentNode? version)
    {
        if (version is null)
        {
            return;
        }

        if (version.Kind != DocumentNodeKind.Integer)
        {
            _collector.Error(Place(version.Line, version.Column), version.Shown(), $"version: invalid type: {version.Describe()}, expected u16.", "Write version = 1.");
        }
        else if (version.Integer != Version)
        {
            _collector.Error(Place(version.Line, version.Column), version.Shown(), string.Create(CultureInfo.InvariantCulture,
                $"Unable to parse Machines of version {version.Integer}, only versions between {Version} and {Version} are supported."), "Write version = 1.");
        }
    }

    private void ParseMachines(DocumentText document, DocumentNode machines)
    {
        var comments = new CommentAssignment(document.Comments, machines.Members);
        for (var index = 0; index < machines.Members.Count && !_collector.Stopped; index++)
        {
            var member = machines.Members[index];
            if (member.Value.IsBroken)
            {
                continue;
            }

            if (member.Value.Kind != DocumentNodeKind.Table)
            {
                _collector.Error(Place(member.Value.Line, member.Value.Column), member.Value.Shown(),
                    $"Each machine must be a table: invalid type: {member.Value.Describe()}, expected a map.", $"Write [machines.{TomlText.Key(member.Name)}] and the fields below it.");
                continue;
            }

            if (ParseMachine(member, comments[index] ?? EntryComments.None) is { } builder)
            {
                _collector.Add(builder);
            }
        }

        foreach (var line in comments.Trailing)
        {
            _collector.AddComment(Place(machines.Line, machines.Column), line);
        }
    }

    // uri (string), system-types (strings), ssh-key (string), jobs (u32), speed-factor (float or integer), supported-features (strings),
    // mandatory-features (strings), ssh-public-host-key (string, a plain key line), enable or enabled (bool)
    private NixBuilder? ParseMachine(in DocumentMember machine, EntryComments comments)
    {
        var name = machine.Name;
        var fields = new TableFields(machine.Value, _file, _line, _column, name, _collector);
        fields.ExpectOnly(_keys);
        var uri = ReadUri(fields, machine);
        var systems = fields.Words("system-types");
        var builder = new NixBuilder(uri!)
        {
            Name = name,
            Systems = systems ?? _localSystem,
            SystemsAreDefault = systems is null,
            SshKey = fields.Text("ssh-key"),
            MaxJobs = fields.Jobs("jobs") ?? 1,
            SpeedFactor = fields.Speed("speed-factor") ?? 1,
            SupportedFeatures = fields.Words("supported-features") ?? [],
            MandatoryFeatures = fields.Words("mandatory-features") ?? [],
            PublicHostKey = fields.Text("ssh-public-host-key"),
            Enabled = ReadEnabled(fields),
            Comments = comments,
            Source = Place(machine.Line, machine.Column),
        };
        return fields.IsValid ? builder : null;
    }

    private StoreUri? ReadUri(TableFields fields, in DocumentMember machine)
    {
        var text = fields.Text("uri");
        if (text is null)
        {
            if (fields.IsValid || fields.Find("uri") is null or { Kind: DocumentNodeKind.String })
            {
                fields.Error(machine.Line, machine.Column, machine.Name, "uri must be present and non-empty.", "Write uri = \"ssh://HOST\" below the table's header.");
            }

            return null;
        }

        var node = fields.Find("uri")!;
        if (!ReferenceEquals(StoreUri.WithSshPrefix(text), text))
        {
            _collector.Warn(Place(node.Line, node.Column), machine.Name, "uri",
                $"'{MachinesCollector.Shown(text)}' has no scheme, and Lix does not prepend ssh:// in TOML: no store can be opened by it. Write ssh://{MachinesCollector.Shown(text)}.");
            return StoreUri.Unopenable(text);
        }

        try
        {
            var uri = StoreUri.Parse(text);
            if (uri.IsRelativePath)
            {
                _collector.Warn(Place(node.Line, node.Column), machine.Name, "uri",
                    $"'{MachinesCollector.Shown(text)}' is taken for a folder, relative to wherever Lix runs. Write ssh://{MachinesCollector.Shown(text)} if a machine is meant.");
            }

            return uri;
        }
        catch (NixRemoteException invalid)
        {
            fields.Error(node, invalid.Message, invalid.RecommendedAction);
            return null;
        }
    }

    private static bool ReadEnabled(TableFields fields)
    {
        if (fields.Find("enable") is not null && fields.Find("enabled") is { } second)
        {
            fields.Error(second, "duplicate field `enable`: it is also spelled `enabled`.", "Remove one of them.");
        }

        return fields.Boolean("enable") ?? fields.Boolean("enabled") ?? true;
    }

    private SourceLocation Place(int line, int column) => new(_file, line + _line, line == 1 ? column + _column : column);

    private static string LineOf(string text, int line)
    {
        var rest = text.AsSpan();
        for (; line > 1 && rest.IndexOf('\n') is >= 0 and var end; line--)
        {
            rest = rest[(end + 1)..];
        }

        var length = rest.IndexOf('\n');
        return (length < 0 ? rest : rest[..length]).Trim().ToString();
    }
}
