using NixRemote.Stores;

namespace NixRemote.Builders;

/// <summary>Names for builders of formats that have none.</summary>
public static class BuilderNames
{
    /// <summary>The name that a builder gets from its store: the host, the last part of a path, or the word.</summary>
    public static string FromUri(StoreUri uri)
    {
        ArgumentNullException.ThrowIfNull(uri);
        if (uri.Host.Length > 0)
        {
            return uri.Host;
        }

        var path = uri.Path ?? (uri.Scheme == StoreScheme.Local ? uri.Parameters.GetValueOrDefault("root") : null);
        // A reference that is no store may still have its query.
        var last = path?.Split('?')[0].TrimEnd('/', '\\').Split('/', '\\')[^1];
        return !string.IsNullOrEmpty(last) ? last : uri.Scheme.ToString().ToLowerInvariant();
    }

    /// <summary>Gives a name to each entry without one: its host's, with <c>-2</c>, <c>-3</c> … where that is taken. Names that were
    /// declared stay.</summary>
    internal static IReadOnlyList<NixBuilder> Assign(IReadOnlyList<(NixBuilder Builder, bool IsNamed)> entries)
    {
        var names = new UniqueNames(entries.Where(e => e.IsNamed).Select(e => e.Builder.Name));
        return [.. entries.Select(e => e.IsNamed ? e.Builder : e.Builder with { Name = names.Take(FromUri(e.Builder.ToStoreUri())) })];
    }
}
