using System.Globalization;
using NixRemote.Stores;

namespace NixRemote.Builders;

/// <summary>Finds entries that can be read, but are probably not what was meant.</summary>
internal static class BuilderChecks
{
    /// <summary>Warns of what is odd in each entry, and of entries that repeat another.</summary>
    public static void Inspect(IReadOnlyList<NixBuilder> builders, MachinesCollector collector)
    {
        var first = new Dictionary<string, NixBuilder>(builders.Count, StringComparer.Ordinal);
        var more = new Dictionary<string, List<NixBuilder>>(StringComparer.Ordinal);
        var suggestions = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var builder in builders)
        {
            Inspect(builder, collector, suggestions);
            if (first.TryAdd(builder.Uri.Text, builder))
            {
                continue;
            }

            if (!more.TryGetValue(builder.Uri.Text, out var same))
            {
                more[builder.Uri.Text] = same = [first[builder.Uri.Text]];
            }

            // The same store for other systems or features is a common way to say what goes where.
            var twin = same.FirstOrDefault(b => b.Systems.Intersect(builder.Systems).Any() && b.MandatoryFeatures.ToHashSet().SetEquals(builder.MandatoryFeatures));
            if (twin is not null)
            {
                Warn(builder, "uri", $"It repeats builder '{twin.Name}'{(twin.Source is null ? "" : $" ({twin.Source})")}: same URI and system. Both share their slots in Nix.");
            }

            if (same.Count < 16)
            {
                same.Add(builder);
            }
        }

        void Warn(NixBuilder builder, string field, string message) => collector.Warn(builder.Source, builder.Name, field, message);
    }

    private static void Inspect(NixBuilder builder, MachinesCollector collector, Dictionary<string, string?> suggestions)
    {
        foreach (var oddity in builder.Uri.Warnings)
        {
            Warn("uri", oddity);
        }

        if (builder.MaxJobs == 0)
        {
            Warn("jobs", "jobs is 0: it takes no builds, and a derivation that only it could build waits forever in Nix. Switch it off or remove it instead.");
        }

        if (builder.PublicHostKey is { } key)
        {
            if (builder.Uri.Port is { } port)
            {
                Warn("ssh-public-host-key", string.Create(CultureInfo.InvariantCulture,
                    $"It has the port {port} and a pinned host key: Nix looks the key up without the port, so that the pin fails there. This module honours it."));
            }

            if (!HostKeyText.IsKeyLine(key))
            {
                Warn("ssh-public-host-key", "The pinned host key is not a public key line (type and base64 key): no machine will match it.");
            }
        }

        if (builder.MandatoryFeatures.Count > 0 && builder.SupportedFeatures.Intersect(builder.MandatoryFeatures).ToList() is { Count: > 0 } both)
        {
            Warn("mandatory-features", $"{string.Join(", ", both)}: supported and mandatory. Mandatory features are supported anyway.");
        }

        foreach (var system in builder.Systems)
        {
            if (!suggestions.TryGetValue(system, out var suggestion))
            {
                // Strangers' names are not worth unbounded memory: whoever has so many different ones made them by a program.
                suggestion = suggestions.Count < 1_000 ? suggestions[system] = SystemNames.Suggest(system) : null;
            }

            if (suggestion is not null)
            {
                Warn("system-types", $"'{system}' is not a system that Nix knows; '{suggestion}' is.");
            }
        }

        void Warn(string field, string message) => collector.Warn(builder.Source, builder.Name, field, message);
    }
}
