using System.Globalization;
using NixRemote.Stores;

namespace NixRemote.Builders;

/// <summary>Reads <c>remote-systems.conf</c> of Nix 1.11 and earlier (machines.md §6): no includes, no <c>;</c>, no host key, and the first
/// four columns are required.</summary>
internal sealed class RemoteSystemsParser
{
    private static readonly char[] _blanks = [' ', '\t', '\r', '\f', '\v'];

    private readonly MachinesCollector _collector;

    /// <param name="collector">Where to put what is found.</param>
    public RemoteSystemsParser(MachinesCollector collector) => _collector = collector;

    /// <summary>Reads a text.</summary>
    public void Parse(ConfigurationFile file, string name)
    {
        var number = 0;
        for (var begin = 0; begin < file.Text.Length && !_collector.Stopped;)
        {
            number++;
            var end = file.Text.IndexOf('\n', begin);
            end = end < 0 ? file.Text.Length : end;
            var line = file.Text[begin..end];
            begin = end + 1;
            var hash = line.IndexOf('#');
            var row = (hash < 0 ? line : line[..hash]).TrimEnd(_blanks);
            var comment = hash < 0 ? null : line[hash..].TrimEnd();
            if (row.Trim(_blanks).Length == 0)
            {
                _collector.AddComment(new SourceLocation(name, number, 1), comment ?? "");
                continue;
            }

            var comments = comment is null && _collector.PendingComments.Count == 0 ? EntryComments.None : new EntryComments(_collector.PendingComments.ToArray(), comment);
            if (ParseRow(file, row, new SourceLocation(name, number, row.Length - row.TrimStart(_blanks).Length + 1), comments) is { } builder)
            {
                _collector.ClearComments();
                _collector.Add(builder);
            }
            else if (comment is not null)
            {
                _collector.AddComment(new SourceLocation(name, number, 1), comment);
            }
        }
    }

    // host systems sshKey maxJobs [speedFactor=1] [supportedFeatures] [mandatoryFeatures]
    private NixBuilder? ParseRow(ConfigurationFile file, string row, SourceLocation source, EntryComments comments)
    {
        if (row.Length > BuildersLimits.EntryCharacters)
        {
            _collector.Error(source, row, $"The row is longer than {BuildersLimits.EntryCharacters} characters.", "Look whether line breaks are missing.");
            return null;
        }

        var columns = row.Split(_blanks, StringSplitOptions.RemoveEmptyEntries);
        if (row.Contains('\0') || (file.HasInvalidUtf8 && row.Contains('\ufffd')))
        {
            _collector.Error(source, row, row.Contains('\0') ? "The row has a NUL character." : "The row has bytes that are not UTF-8 text.", "Remove the character, or save the file as UTF-8.");
            return null;
        }

        if (columns.Length < 4)
        {
            _collector.Error(source, row, $"The row has {columns.Length} columns; host, systems, SSH key and jobs are required.", "Write: HOST SYSTEMS SSH-KEY JOBS [SPEED [FEATURES [MANDATORY-FEATURES]]].");
            return null;
        }

        StoreUri uri;
        try
        {
            uri = StoreUri.Parse("ssh://" + columns[0]);
        }
        catch (NixRemoteException invalid)
        {
            _collector.Error(source, columns[0], invalid.Message, invalid.RecommendedAction);
            return null;
        }

        if (!int.TryParse(columns[3], NumberStyles.None, CultureInfo.InvariantCulture, out var jobs))
        {
            _collector.Error(source, columns[3], $"The number of jobs '{MachinesCollector.Shown(columns[3])}' is not a whole number of 0 or more.", "Write a whole number such as 2.");
            return null;
        }

        var speed = 1.0;
        if (columns.Length > 4)
        {
            if (SpeedFactorText.Parse(columns[4], out speed) != SpeedFactorText.Result.Valid || speed != Math.Floor(speed))
            {
                _collector.Error(source, columns[4], $"The speed factor '{MachinesCollector.Shown(columns[4])}' is not a whole number of 0 or more.", "Write a whole number such as 1.");
                return null;
            }

            if (speed == 0)
            {
                _collector.Warn(source, columns[0], "speed-factor", "The speed factor is 0, which counts as 1 here; Nix 1.11 divides by it.");
                speed = 1;
            }
        }

        if (columns[2] == "-")
        {
            _collector.Warn(source, columns[0], "ssh-key", "Nix 1.11 takes '-' for the name of the SSH key's file; here it counts as none.");
        }

        return new NixBuilder(uri)
        {
            Name = _collector.NameOf(uri),
            Systems = columns[1].Split(',', StringSplitOptions.RemoveEmptyEntries),
            SshKey = columns[2] == "-" ? null : columns[2],
            MaxJobs = jobs,
            SpeedFactor = speed,
            SupportedFeatures = columns.Length > 5 ? columns[5].Split(',', StringSplitOptions.RemoveEmptyEntries) : [],
            MandatoryFeatures = columns.Length > 6 ? columns[6].Split(',', StringSplitOptions.RemoveEmptyEntries) : [],
            Comments = comments,
            Source = source,
        };
    }
}
