namespace NixRemote.Builders;

/// <summary>What the JSON formats share: a list of objects, bare or inside an object.</summary>
internal static class JsonEntries
{
    /// <summary>Reads a text: the objects of an array, of a field that is one, or the one object itself; errors are in the order of the text.</summary>
    public static void Read(string text, string field, string file, MachinesCollector collector, Action<DocumentNode> take)
    {
        var document = JsonDocumentReader.Read(text, field, Take);
        foreach (var error in document.Errors)
        {
            collector.Error(new SourceLocation(file, error.Line, error.Column), "", $"The JSON text is broken. {error.Message}", "Correct the text at that place.");
        }

        var rest = document.Root.Kind == DocumentNodeKind.Table ? document.Root[field] ?? document.Root : document.Root;
        if (!rest.IsBroken && rest.Kind is not (DocumentNodeKind.Array or DocumentNodeKind.Null))
        {
            Take(rest);
        }

        collector.SortErrors();

        void Take(DocumentNode entry)
        {
            if (collector.Stopped)
            {
                return;
            }

            if (entry.Kind == DocumentNodeKind.Table)
            {
                take(entry);
                return;
            }

            collector.Error(new SourceLocation(file, entry.Line, entry.Column), entry.Shown(), $"invalid type: {entry.Describe()}, expected a list of objects.", "Write one object for each machine.");
        }
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
