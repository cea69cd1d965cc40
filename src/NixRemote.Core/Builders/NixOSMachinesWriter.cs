using System.Globalization;
using System.Text;

namespace NixRemote.Builders;

/// <summary>Writes a NixOS module that sets <c>nix.buildMachines</c>, <c>nix.distributedBuilds</c> and <c>builders-use-substitutes</c>. NixOS
/// makes columns of it, so that what columns cannot hold is lost here too.</summary>
internal sealed class NixOSMachinesWriter(List<ConfigurationWarning> losses)
{
    private readonly StringBuilder _text = new();

    /// <summary>Writes the builders.</summary>
    public string Write(IReadOnlyList<NixBuilder> builders, MachinesWriteOptions options)
    {
        var written = new List<NixBuilder>();
        _text.Append("{\n  nix.distributedBuilds = true;\n");
        _text.Append("  nix.settings.builders-use-substitutes = ").Append(options.BuildersUseSubstitutes ? "true" : "false").Append(";\n");
        _text.Append("  nix.buildMachines = [\n");
        foreach (var builder in builders)
        {
            var row = new ColumnRow(builder, losses);
            Comments(builder.Comments.Above);
            if (row.IsEntry)
            {
                written.Add(builder);
                WriteBuilder(builder, row);
            }
            else
            {
                _text.Append("    # ").Append(builder.Enabled ? "not possible here: " : "switched off: ").Append(CommentLines.One(row.ToLegacy()))
                    .Append(CommentLines.Behind(builder.Comments)).Append('\n');
            }
        }

        Comments(options.TrailingComments);
        _text.Append("  ];\n}\n");
        NameLosses.Find(written, losses);
        return _text.ToString();
    }

    // hostName, protocol, sshUser, systems (or system = "," for none), sshKey, maxJobs, speedFactor, supportedFeatures, mandatoryFeatures,
    // publicHostKey; what is unset is left out, except that without systems the option's assertion fails
    private void WriteBuilder(NixBuilder builder, ColumnRow row)
    {
        var (protocol, user, host) = Split(row.Uri);
        _text.Append("    {").Append(CommentLines.Behind(builder.Comments)).Append('\n');
        Line("hostName", String(host));
        Line("protocol", protocol is null ? "null" : String(protocol));
        Line("sshUser", user is null ? null : String(user));
        if (builder.SystemsAreDefault)
        {
            row.Lose("system-types", $"The option wants systems; the local one, {string.Join(", ", builder.Systems)}, is written.");
        }

        Line(row.Systems.Count == 0 ? "system" : "systems", row.Systems.Count == 0 ? "\",\"" : Strings(row.Systems));
        Line("sshKey", row.SshKey is null ? null : String(row.SshKey));
        Line("maxJobs", builder.MaxJobs == 1 ? null : builder.MaxJobs.ToString(CultureInfo.InvariantCulture));
        Line("speedFactor", builder.SpeedFactor == 1 ? null : Number(builder.SpeedFactor));
        Line("supportedFeatures", row.SupportedFeatures.Count == 0 ? null : Strings(row.SupportedFeatures));
        Line("mandatoryFeatures", row.MandatoryFeatures.Count == 0 ? null : Strings(row.MandatoryFeatures));
        Line("publicHostKey", builder.PublicHostKey is null ? null : String(HostKeyText.ToBase64(builder.PublicHostKey)));
        _text.Append("    }\n");
    }

    private void Line(string name, string? value)
    {
        if (value is not null)
        {
            _text.Append("      ").Append(name).Append(" = ").Append(value).Append(";\n");
        }
    }

    private void Comments(IEnumerable<string> lines)
    {
        foreach (var line in CommentLines.Clean(lines))
        {
            _text.Append(line.Length == 0 ? "" : "    ").Append(line).Append('\n');
        }
    }

    /// <summary>Takes a URI apart so that the module puts the same text together again.</summary>
    private static (string? Protocol, string? User, string Host) Split(string uri)
    {
        var protocol = uri.StartsWith("ssh://", StringComparison.Ordinal) ? "ssh" : uri.StartsWith("ssh-ng://", StringComparison.Ordinal) ? "ssh-ng" : null;
        if (protocol is null)
        {
            return (null, null, uri);
        }

        var rest = uri[(protocol.Length + 3)..];
        var end = rest.AsSpan().IndexOfAny('/', '?');
        var at = (end < 0 ? rest : rest[..end]).LastIndexOf('@');
        return at < 0 ? (protocol, null, rest) : (protocol, rest[..at], rest[(at + 1)..]);
    }

    /// <summary>A Nix float has a point before its exponent.</summary>
    private static string Number(double value)
    {
        var text = SpeedFactorText.Write(value);
        var exponent = text.IndexOf('E');
        return exponent > 0 && !text.Contains('.') ? $"{text[..exponent]}.0{text[exponent..]}" : text;
    }

    private static string Strings(IEnumerable<string> words) => $"[ {string.Concat(words.Select(w => String(w) + " "))}]";

    private static string String(string text) =>
        $"\"{text.Replace(@"\", @"\\").Replace("\"", "\\\"").Replace("${", "\\${").Replace("\n", "\\n").Replace("\r", "\\r").Replace("\t", "\\t")}\"";
}
