namespace NixRemote.Builders;

/// <summary>Gives each comment of a TOML text to the entry that it is about: one above an entry, behind its first line, or inside it
/// belongs to it; lines right below an entry with a blank line behind them, too; what follows the last entry is left over.</summary>
internal sealed class CommentAssignment
{
    private readonly EntryComments?[] _entries;

    /// <param name="comments">The comments in order.</param>
    /// <param name="entries">The entries, in the order of the text.</param>
    public CommentAssignment(IReadOnlyList<DocumentComment> comments, IReadOnlyList<DocumentMember> entries)
    {
        _entries = new EntryComments?[entries.Count];
        var next = 0;
        for (var index = 0; index < entries.Count && next < comments.Count; index++)
        {
            var (first, last) = (entries[index].Line, Math.Max(entries[index].Line, entries[index].Value.EndLine));
            List<string>? above = null;
            Gather(comments, ref next, first, ref above);
            string? behind = null;
            for (; next < comments.Count && comments[next].Line <= last; next++)
            {
                if (comments[next].Line == first && behind is null)
                {
                    behind = comments[next].Text;
                }
                else
                {
                    (above ??= []).Add(comments[next].Text);
                }
            }

            TakeBelow(comments, ref next, last, index + 1 < entries.Count ? entries[index + 1].Line : int.MaxValue, ref above);
            if (above is not null || behind is not null)
            {
                _entries[index] = new EntryComments(above ?? (IReadOnlyList<string>)[], behind);
            }
        }

        List<string>? trailing = null;
        Gather(comments, ref next, int.MaxValue, ref trailing);
        Trailing = trailing ?? (IReadOnlyList<string>)[];
    }

    /// <summary>The comments of an entry, or null.</summary>
    public EntryComments? this[int entry] => _entries[entry];

    /// <summary>The comments behind the last entry.</summary>
    public IReadOnlyList<string> Trailing { get; }

    /// <summary>The comments before a line; a gap between two is a blank line.</summary>
    private static void Gather(IReadOnlyList<DocumentComment> comments, ref int next, int before, ref List<string>? lines)
    {
        var previous = 0;
        for (; next < comments.Count && comments[next].Line < before; next++)
        {
            // A comment behind the version, or on a header that only contains others, is about the whole file.
            if (previous != 0 && comments[next].Line > previous + 1)
            {
                lines!.Add("");
            }

            (lines ??= []).Add(comments[next].Text);
            previous = comments[next].Line;
        }

        if (previous != 0 && before != int.MaxValue && before > previous + 1)
        {
            lines!.Add("");
        }
    }

    private static void TakeBelow(IReadOnlyList<DocumentComment> comments, ref int next, int last, int nextEntry, ref List<string>? lines)
    {
        var count = 0;
        while (next + count < comments.Count && comments[next + count].IsWholeLine && comments[next + count].Line == last + 1 + count)
        {
            count++;
        }

        // Without a blank line behind them they are just as near to the next entry, and above is where comments stand.
        if (count > 0 && last + 1 + count < nextEntry && nextEntry != int.MaxValue)
        {
            for (; count > 0; count--)
            {
                (lines ??= []).Add(comments[next++].Text);
            }
        }
    }
}
