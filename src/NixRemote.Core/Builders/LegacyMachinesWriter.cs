using System.Text;

namespace NixRemote.Builders;

/// <summary>Writes the columns of <c>/etc/nix/machines</c> (machines.md §2.3).</summary>
internal sealed class LegacyMachinesWriter(List<ConfigurationWarning> losses)
{
    /// <summary>Writes the builders.</summary>
    public string Write(IReadOnlyList<NixBuilder> builders, MachinesWriteOptions options)
    {
        var text = new StringBuilder();
        var written = new List<NixBuilder>();
        foreach (var builder in builders)
        {
            var row = new ColumnRow(builder, losses);
            foreach (var line in CommentLines.Clean(builder.Comments.Above))
            {
                text.Append(line).Append('\n');
            }

            if (row.IsEntry)
            {
                written.Add(builder);
                text.Append(row.ToLegacy());
            }
            else
            {
                text.Append("# ").Append(builder.Enabled ? "not possible here: " : "switched off: ").Append(CommentLines.One(row.ToLegacy()));
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
}
