namespace NixRemote.Builders;

/// <summary>The comments of an entry of a machines file.</summary>
/// <param name="Above">The lines above the entry, since the one before it: each a comment with its <c>#</c>, or empty for a blank line.</param>
/// <param name="Behind">The comment behind the entry on its line, with its <c>#</c>, or null.</param>
public sealed record EntryComments(IReadOnlyList<string> Above, string? Behind)
{
    /// <summary>No comments.</summary>
    public static EntryComments None { get; } = new([], null);

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => Above.Count == 0 && Behind is null;

    /// <summary>Whether both have the same lines.</summary>
    public bool Equals(EntryComments? other) => other is not null && Behind == other.Behind && Above.SequenceEqual(other.Above);

    /// <summary>A hash of the lines.</summary>
    public override int GetHashCode() => HashCode.Combine(Above.Count, Behind);
}
