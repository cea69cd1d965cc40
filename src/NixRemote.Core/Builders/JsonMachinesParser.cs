using NixRemote.Stores;

namespace NixRemote.Builders;

/// <summary>Reads the module's own objects from JSON, as <see cref="MachinesWriter"/> or ConvertTo-Json writes them: an array, one object, or
/// an object with <c>builders</c>. Names of fields count in any case.</summary>
/// <param name="collector">Where to put what is found.</param>
/// <param name="options">The local system.</param>
/// <param name="file">What locations call the text.</param>
internal sealed class JsonMachinesParser(MachinesCollector collector, MachinesParseOptions options, string file)
{
    private static readonly FieldNames _keys = new(
        "name", "uri", "systems", "systemsAreDefault", "sshKey", "maxJobs", "speedFactor", "supportedFeatures", "mandatoryFeatures", "publicHostKey", "publicHostKeyBase64", "enabled",
        "commentsAbove", "commentBehind", "source");

    private readonly string[] _localSystem = [options.LocalSystem];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>Reads a text.</summary>
    public void Parse(string text) => JsonEntries.Read(text, "builders", file, collector, Take);

    private void Take(DocumentNode entry)
    {
        var fields = JsonEntries.WithFirstLettersLowered(entry);
        if (ParseBuilder(fields) is not { } builder)
        {
            return;
        }

        var isNamed = fields["name"] is { Kind: DocumentNodeKind.String };
        if (isNamed && !_names.Add(builder.Name))
        {
            isNamed = false;
            collector.Warn(builder.Source, builder.Name, "name", "The name is taken; the builder gets another one.");
        }

        if (isNamed)
        {
            collector.Add(builder);
        }
        else
        {
            collector.AddUnnamed(builder);
        }
    }

    // name (string), uri (string), systems (strings or null), systemsAreDefault (bool), sshKey (string), maxJobs (u32),
    // speedFactor (number), supportedFeatures (strings), mandatoryFeatures (strings), publicHostKey or publicHostKeyBase64 (string), enabled (bool),
    // commentsAbove (strings), commentBehind (string), source (ignored)
    private NixBuilder? ParseBuilder(DocumentNode entry)
    {
        var name = entry["name"] is { Kind: DocumentNodeKind.String } given ? given.Text : "";
        var fields = new TableFields(entry, file, 0, 0, name, collector);
        fields.ExpectOnly(_keys);
        var uri = ReadUri(fields, entry);
        var systems = fields.Boolean("systemsAreDefault") == true ? null : fields.Words("systems");
        var comments = new EntryComments(fields.Words("commentsAbove") ?? [], fields.Text("commentBehind"));
        var builder = new NixBuilder(uri!)
        {
            Name = fields.Text("name") ?? "",
            Systems = systems ?? _localSystem,
            SystemsAreDefault = systems is null,
            SshKey = fields.Text("sshKey"),
            MaxJobs = fields.Jobs("maxJobs") ?? 1,
            SpeedFactor = fields.Speed("speedFactor") ?? 1,
            SupportedFeatures = fields.Words("supportedFeatures") ?? [],
            MandatoryFeatures = fields.Words("mandatoryFeatures") ?? [],
            PublicHostKey = fields.Text("publicHostKey") ?? fields.HostKeyInBase64("publicHostKeyBase64"),
            Enabled = fields.Boolean("enabled") ?? true,
            Comments = comments.IsEmpty ? EntryComments.None : comments,
            Source = new SourceLocation(file, entry.Line, entry.Column),
        };
        return fields.IsValid && uri is not null ? builder : null;
    }

    private static StoreUri? ReadUri(TableFields fields, DocumentNode entry)
    {
        var node = fields.Find("uri");
        if (node is not { Kind: DocumentNodeKind.String, Text.Length: > 0 })
        {
            fields.Error(entry.Line, entry.Column, "", "uri must be present and a non-empty string.", "Write \"uri\": \"ssh://HOST\".");
            return null;
        }

        try
        {
            return StoreUri.Parse(node.Text);
        }
        catch (NixRemoteException) when (!node.Text.Contains("://", StringComparison.Ordinal))
        {
            // As it was read from TOML or from columns, where it had its warning.
            return StoreUri.Unopenable(node.Text);
        }
        catch (NixRemoteException invalid)
        {
            fields.Error(node, invalid.Message, invalid.RecommendedAction);
            return null;
        }
    }
}
