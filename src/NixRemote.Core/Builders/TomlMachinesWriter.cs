using System.Globalization;
using System.Text;

namespace NixRemote.Builders;

/// <summary>Writes Lix's TOML, version 1 (machines.md §5.1); fields with their default value are left out.</summary>
internal sealed class TomlMachinesWriter(List<ConfigurationWarning> losses)
{
    private readonly StringBuilder _text = new();

    /// <summary>Writes the builders.</summary>
    public string Write(IReadOnlyList<NixBuilder> builders, MachinesWriteOptions options)
    {
        var unique = Unique(builders);
        var first = unique.Count > 0 ? CommentLines.Tidy(unique[0].Comments.Above) : [];

        // Comments that a blank line parts from the first builder are about the file, and stand above its first line.
        var header = first.LastIndexOf("") + 1;
        foreach (var line in first.Take(header - 1))
        {
            _text.Append(line).Append('\n');
        }

        _text.Append(CultureInfo.InvariantCulture, $"version = {TomlMachinesParser.Version}\n");
        if (!unique.Any(CanHold))
        {
            _text.Append("machines = {}\n");
        }

        for (var index = 0; index < unique.Count; index++)
        {
            var above = index == 0 ? first[header..] : CommentLines.Tidy(unique[index].Comments.Above);
            WriteBuilder(unique[index], above);
        }

        var trailing = CommentLines.Tidy(options.TrailingComments);
        if (trailing.Any(l => l.Length > 0))
        {
            _text.Append('\n').AppendJoin('\n', trailing).Append('\n');
        }

        return _text.ToString();
    }

    // [machines.NAME] uri, system-types, ssh-key, jobs, speed-factor, supported-features, mandatory-features, ssh-public-host-key, enable
    private void WriteBuilder(NixBuilder builder, IReadOnlyList<string> above)
    {
        _text.Append('\n');
        foreach (var line in above)
        {
            _text.Append(line).Append('\n');
        }

        // A pin that is no text would get lost, and with it the protection: rather no builder.
        var prefix = "";
        if (!CanHold(builder))
        {
            prefix = "# ";
            losses.Add(new ConfigurationWarning(builder.Source, builder.Name, "ssh-public-host-key", "The pinned host key is not text; the builder is written as a comment."));
        }

        _text.Append(prefix).Append("[machines.").Append(TomlText.Key(builder.Name)).Append(']').Append(CommentLines.Behind(builder.Comments)).Append('\n');
        Line(prefix, "uri", TomlText.String(builder.Uri));
        if (!builder.SystemsAreDefault)
        {
            Line(prefix, "system-types", Strings(builder.Systems));
        }

        Line(prefix, "ssh-key", builder.SshKey is null ? null : TomlText.String(builder.SshKey));
        Line(prefix, "jobs", builder.MaxJobs == 1 ? null : builder.MaxJobs.ToString(CultureInfo.InvariantCulture));
        Line(prefix, "speed-factor", builder.SpeedFactor == 1 ? null : SpeedFactorText.Write(builder.SpeedFactor));
        Line(prefix, "supported-features", builder.SupportedFeatures.Count == 0 ? null : Strings(builder.SupportedFeatures));
        Line(prefix, "mandatory-features", builder.MandatoryFeatures.Count == 0 ? null : Strings(builder.MandatoryFeatures));
        Line(prefix, "ssh-public-host-key", builder.PublicHostKey is null || prefix.Length > 0 ? null : TomlText.String(builder.PublicHostKey));
        Line(prefix, "enable", builder.Enabled ? null : "false");
    }

    private static bool CanHold(NixBuilder builder) => builder.PublicHostKey is null || HostKeyText.IsText(builder.PublicHostKey);

    private void Line(string prefix, string key, string? value)
    {
        if (value is not null)
        {
            _text.Append(prefix).Append(key).Append(" = ").Append(value).Append('\n');
        }
    }

    private static string Strings(IEnumerable<string> words) => $"[{string.Join(", ", words.Select(TomlText.String))}]";

    private List<NixBuilder> Unique(IReadOnlyList<NixBuilder> builders)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        var entries = builders.Select(b => (b, taken.Add(b.Name))).ToList();
        var unique = BuilderNames.Assign(entries);
        for (var index = 0; index < unique.Count; index++)
        {
            if (unique[index].Name != builders[index].Name)
            {
                losses.Add(new ConfigurationWarning(builders[index].Source, builders[index].Name, "name", $"The name is taken; the builder is written as '{unique[index].Name}'."));
            }
        }

        return [.. unique];
    }
}
