using System.Globalization;
using System.Text;
using NixRemote.Stores;

namespace NixRemote.Builders;

/// <summary>Writes <c>remote-systems.conf</c> of Nix 1.11 and earlier (machines.md §6).</summary>
internal sealed class RemoteSystemsWriter(List<ConfigurationWarning> losses)
{
    /// <summary>Writes the builders.</summary>
    public string Write(IReadOnlyList<NixBuilder> builders, MachinesWriteOptions options)
    {
        var text = new StringBuilder();
        var written = new List<NixBuilder>();
        foreach (var builder in builders)
        {
            var row = new ColumnRow(builder, losses);
            var host = Host(builder, row);
            var columns = Row(builder, row, host);
            foreach (var line in CommentLines.Clean(builder.Comments.Above))
            {
                text.Append(line).Append('\n');
            }

            if (row.IsEntry)
            {
                written.Add(builder);
                text.Append(columns);
            }
            else
            {
                text.Append("# ").Append(builder.Enabled ? "not possible here: " : "switched off: ").Append(CommentLines.One(columns));
            }

            text.Append(CommentLines.Behind(builder.Comments)).Append('\n');
        }

        foreach (var line in CommentLines.Clean(options.TrailingComments))
        {
            text.Append(line).Append('\n');
        }

        NameLosses.Find(written, losses);
        return text.ToString();
    }

    /// <summary><c>[user@]host</c>: what ssh is called with.</summary>
    private static string Host(NixBuilder builder, ColumnRow row)
    {
        var uri = builder.ToStoreUri();
        if (uri.Scheme != StoreScheme.Ssh)
        {
            row.Exclude("uri", "Nix 1.11 reaches builders by ssh:// only; the builder is written as a comment.");
            return row.Uri;
        }

        if (uri.Port is not null)
        {
            row.Exclude("uri", "The format has no port; the builder is written as a comment. Set the port in the SSH configuration.");
        }

        if (uri.Parameters.Count > 0)
        {
            row.Exclude("uri", "The format has no parameters; the builder is written as a comment.");
        }

        return row.IsEntry ? row.Uri["ssh://".Length..].TrimEnd('/') : row.Uri;
    }

    // host systems sshKey maxJobs [speedFactor [supportedFeatures [mandatoryFeatures]]]; there is no "-" for an unset column, an empty list
    // is a comma
    private static string Row(NixBuilder builder, ColumnRow row, string host)
    {
        if (builder.SystemsAreDefault)
        {
            row.Lose("system-types", $"The format wants systems; the local one, {string.Join(", ", builder.Systems)}, is written.");
        }

        if (builder.PublicHostKey is not null)
        {
            row.Lose("ssh-public-host-key", "The format has no host keys; known_hosts decides.");
        }

        if (row.SshKey is null)
        {
            row.Lose("ssh-key", "The format wants an SSH key; '-' is written, and ssh falls back to its own keys after a warning.");
        }

        var speed = builder.SpeedFactor;
        if (speed != Math.Floor(speed) || speed > int.MaxValue)
        {
            speed = Math.Clamp(Math.Round(speed), 1, int.MaxValue);
            row.Lose("speed-factor", string.Create(CultureInfo.InvariantCulture, $"The format has whole speed factors only; {speed} is written."));
        }

        List<string> columns =
            [host, ColumnRow.Join(row.Systems), row.SshKey ?? "-", builder.MaxJobs.ToString(CultureInfo.InvariantCulture)];
        if (speed != 1 || row.SupportedFeatures.Count + row.MandatoryFeatures.Count > 0)
        {
            columns.Add(speed.ToString(CultureInfo.InvariantCulture));
        }

        if (row.SupportedFeatures.Count + row.MandatoryFeatures.Count > 0)
        {
            columns.Add(List(row.SupportedFeatures));
        }

        if (row.MandatoryFeatures.Count > 0)
        {
            columns.Add(List(row.MandatoryFeatures));
        }

        return string.Join(' ', columns);
    }

    private static string List(IReadOnlyList<string> words) => words.Count == 0 ? "," : string.Join(',', words);
}
