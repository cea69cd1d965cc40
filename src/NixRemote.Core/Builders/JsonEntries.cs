namespace NixRemote.Builders;

/// <summary>What the JSON formats share: a list of objects, bare or inside an object.</summary>
internal static class JsonEntries
{
    /// <summary>Makes errors of the text's errors.</summary>
    public static void ReportErrors(DocumentText document, string file, MachinesCollector collector)
    {
        foreach (var error in document.Errors)
        {
            collector.Error(new SourceLocation(file, error.Line, error.Column), "", $"The JSON text is broken. {error.Message}", "Correct the text at that place.");
        }
    }

    /// <summary>The objects of an array, of a field that is one, or the one object itself.</summary>
    public static IEnumerable<DocumentNode> Of(DocumentNode root, string field, string file, MachinesCollector collector)
    {
        var entries = root.Kind == DocumentNodeKind.Table ? root[field] ?? root : root;
        if (entries.Kind == DocumentNodeKind.Table)
        {
            return entries.IsBroken ? [] : [entries];
        }

        if (entries.Kind != DocumentNodeKind.Array)
        {
            if (!entries.IsBroken && entries.Kind != DocumentNodeKind.Null)
            {
                Refuse(entries);
            }

            return [];
        }

        return entries.Items.Where(item =>
        {
            if (item.Kind != DocumentNodeKind.Table && !collector.Stopped)
            {
                Refuse(item);
            }

            return item.Kind == DocumentNodeKind.Table && !item.IsBroken;
        });

        void Refuse(DocumentNode node) => collector.Error(new SourceLocation(file, node.Line, node.Column), node.Shown(),
            $"invalid type: {node.Describe()}, expected a list of objects.", "Write one object for each machine.");
    }

    /// <summary>The same object with names like <c>MaxJobs</c>, as ConvertTo-Json writes them, as <c>maxJobs</c>.</summary>
    public static DocumentNode WithFirstLettersLowered(DocumentNode entry)
    {
        if (!HasFirstLettersRaised(entry.Members))
        {
            return entry;
        }

        var lowered = new DocumentNode(DocumentNodeKind.Table, entry.Line, entry.Column) { EndLine = entry.EndLine };
        foreach (var member in entry.Members)
        {
            var name = member.Name.Length == 0 ? "" : char.ToLowerInvariant(member.Name[0]) + member.Name[1..];
            if (lowered[name] is null)
            {
                lowered.Add(member with { Name = name });
            }
        }

        return lowered;
    }

    private static bool HasFirstLettersRaised(IReadOnlyList<DocumentMember> members)
    {
        for (var index = 0; index < members.Count; index++)
        {
            if (members[index].Name is [>= 'A' and <= 'Z', ..])
            {
                return true;
            }
        }

        return false;
    }
}
