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
        var last = path?.TrimEnd('/', '\\').Split('/', '\\')[^1].Split('?')[0];
        return !string.IsNullOrEmpty(last) ? last : uri.Scheme.ToString().ToLowerInvariant();
    }

    /// <summary>Gives a name to each entry without one: its host's, with <c>-2</c>, <c>-3</c> … where that is taken. Names that were
    /// declared stay.</summary>
    internal static IReadOnlyList<NixBuilder> Assign(IReadOnlyList<(NixBuilder Builder, bool IsNamed)> entries)
    {
        var taken = new HashSet<string>(entries.Where(e => e.IsNamed).Select(e => e.Builder.Name), StringComparer.Ordinal);
        var next = new Dictionary<string, int>(StringComparer.Ordinal);
        var named = new List<NixBuilder>(entries.Count);
        foreach (var (builder, isNamed) in entries)
        {
            if (isNamed)
            {
                named.Add(builder);
                continue;
            }

            var wanted = FromUri(builder.Uri);
            var name = wanted;
            var number = next.GetValueOrDefault(wanted, 2);
            while (!taken.Add(name))
            {
                name = $"{wanted}-{number++}";
            }

            next[wanted] = number;
            named.Add(builder with { Name = name });
        }

        return named;
    }
}
