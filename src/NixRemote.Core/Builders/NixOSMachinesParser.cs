using NixRemote.Stores;

namespace NixRemote.Builders;

/// <summary>Reads the NixOS option <c>nix.buildMachines</c> as <c>nix eval --json</c> shows it: an array of objects, or an object with
/// <c>buildMachines</c>. The module writes the columns of <c>/etc/nix/machines</c> from it; this reads what Nix then reads.</summary>
/// <param name="collector">Where to put what is found.</param>
/// <param name="options">The local system.</param>
/// <param name="file">What locations call the text.</param>
internal sealed class NixOSMachinesParser(MachinesCollector collector, MachinesParseOptions options, string file)
{
    private static readonly FieldNames _keys = new(
        "hostName", "protocol", "system", "systems", "sshUser", "sshKey", "maxJobs", "speedFactor", "supportedFeatures", "mandatoryFeatures", "publicHostKey");

    private readonly string[] _localSystem = [options.LocalSystem];

    /// <summary>Reads a text.</summary>
    public void Parse(string text) => JsonEntries.Read(text, "buildMachines", file, collector, Take);

    private void Take(DocumentNode entry)
    {
        if (ParseMachine(entry) is { } builder)
        {
            collector.Add(builder);
        }
    }

    // hostName (string), protocol ("ssh" by default, "ssh-ng" or null: none is written), system (string or null), systems (strings; system
    // goes before), sshUser, sshKey (string or null), maxJobs (int), speedFactor (number), supportedFeatures, mandatoryFeatures (strings),
    // publicHostKey (base64 or null)
    private NixBuilder? ParseMachine(DocumentNode entry)
    {
        var host = entry["hostName"] is { Kind: DocumentNodeKind.String } given ? given.Text : "";
        var fields = new TableFields(entry, file, 0, 0, host, collector);
        fields.ExpectOnly(_keys);
        var uri = ReadUri(fields, entry);
        var system = fields.Text("system");
        var systems = system is null ? fields.Words("systems") : system.Split(',', StringSplitOptions.RemoveEmptyEntries);
        var isDefault = systems is null || (systems.Count == 0 && system is null);
        var builder = new NixBuilder(uri!)
        {
            Name = uri is null ? "" : collector.NameOf(uri),
            Systems = isDefault ? _localSystem : systems!,
            SystemsAreDefault = isDefault,
            SshKey = fields.Text("sshKey"),
            MaxJobs = fields.Jobs("maxJobs") ?? 1,
            SpeedFactor = fields.Speed("speedFactor") ?? 1,
            SupportedFeatures = fields.Words("supportedFeatures") ?? [],
            MandatoryFeatures = fields.Words("mandatoryFeatures") ?? [],
            PublicHostKey = fields.HostKeyInBase64("publicHostKey"),
            Source = new SourceLocation(file, entry.Line, entry.Column),
        };
        return fields.IsValid && uri is not null ? builder : null;
    }

    private static StoreUri? ReadUri(TableFields fields, DocumentNode entry)
    {
        var host = fields.Text("hostName");
        if (host is null)
        {
            fields.Error(entry.Line, entry.Column, "", "hostName must be present and a non-empty string.", "Set hostName.");
            return null;
        }

        var user = fields.Text("sshUser");
        var protocol = entry["protocol"] is { Kind: DocumentNodeKind.Null } ? null : fields.Text("protocol") ?? "ssh";
        var text = $"{(protocol is null ? "" : protocol + "://")}{(user is null ? "" : user + "@")}{host}";
        try
        {
            return StoreUri.Parse(StoreUri.WithSshPrefix(text));
        }
        catch (NixRemoteException invalid)
        {
            fields.Error(fields.Find("hostName")!, invalid.Message, invalid.RecommendedAction);
            return null;
        }
    }
}
