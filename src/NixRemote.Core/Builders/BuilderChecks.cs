using System.Globalization;
using NixRemote.Stores;

namespace NixRemote.Builders;

/// <summary>Finds entries that can be read, but are probably not what was meant.</summary>
internal sealed class BuilderChecks
{
    private const int FewComparisons = 64;

    private readonly MachinesCollector _collector;
    private readonly Dictionary<string, string?> _suggestions = new(StringComparer.Ordinal);
    private IReadOnlyList<string>? _knownSystems;

    private BuilderChecks(MachinesCollector collector) => _collector = collector;

    /// <summary>Warns of what is odd in each entry, and of entries that repeat another.</summary>
    public static void Inspect(IReadOnlyList<NixBuilder> builders, MachinesCollector collector)
    {
        var checks = new BuilderChecks(collector);
        var first = new Dictionary<string, NixBuilder>(builders.Count, StringComparer.Ordinal);
        var more = new Dictionary<string, List<NixBuilder>>(StringComparer.Ordinal);
        foreach (var builder in builders)
        {
            checks.InspectEntry(builder);
            if (first.TryAdd(builder.Uri, builder))
            {
                continue;
            }

            if (!more.TryGetValue(builder.Uri, out var same))
            {
                more[builder.Uri] = same = [first[builder.Uri]];
            }

            // The same store for other systems or features is a common way to say what goes where.
            var twin = same.FirstOrDefault(b => b.Systems.Intersect(builder.Systems).Any() && b.MandatoryFeatures.ToHashSet().SetEquals(builder.MandatoryFeatures));
            if (twin is not null)
            {
                checks.Warn(builder, "uri", $"It repeats builder '{twin.Name}'{(twin.Source is null ? "" : $" ({twin.Source})")}: same URI and system. Both share their slots in Nix.");
            }

            if (same.Count < 16)
            {
                same.Add(builder);
            }
        }
    }

    private void InspectEntry(NixBuilder builder)
    {
        if (builder.ToStoreUri().Warnings.Count > 0)
        {
            foreach (var oddity in builder.ToStoreUri().Warnings)
            {
                Warn(builder, "uri", oddity);
            }
        }

        if (builder.MaxJobs == 0)
        {
            Warn(builder, "jobs", "jobs is 0: it takes no builds, and a derivation that only it could build waits forever in Nix. Switch it off or remove it instead.");
        }

        if (builder.PublicHostKey is { } key)
        {
            if (builder.ToStoreUri().Port is { } port)
            {
                Warn(builder, "ssh-public-host-key", string.Create(CultureInfo.InvariantCulture,
                    $"It has the port {port} and a pinned host key: Nix looks the key up without the port, so that the pin fails there. This module honours it."));
            }

            if (!HostKeyText.IsKeyLine(key))
            {
                Warn(builder, "ssh-public-host-key", "The pinned host key is not a public key line (type and base64 key): no machine will match it.");
            }
        }

        if (HaveOneInCommon(builder.SupportedFeatures, builder.MandatoryFeatures))
        {
            var both = builder.SupportedFeatures.Intersect(builder.MandatoryFeatures);
            Warn(builder, "mandatory-features", $"{string.Join(", ", both)}: supported and mandatory. Mandatory features are supported anyway.");
        }

        // Most entries of a large file share one list.
        if (!ReferenceEquals(builder.Systems, _knownSystems) && !WarnOfSystems(builder))
        {
            _knownSystems = builder.Systems;
        }
    }

    /// <summary>Warns of names that are like a known system's; false if there is none.</summary>
    private bool WarnOfSystems(NixBuilder builder)
    {
        var isOdd = false;
        foreach (var system in builder.Systems)
        {
            if (!_suggestions.TryGetValue(system, out var suggestion))
            {
                // Strangers' names are not worth unbounded memory: whoever has so many different ones made them by a program.
                suggestion = _suggestions.Count < 1_000 ? _suggestions[system] = SystemNames.Suggest(system) : null;
            }

            if (suggestion is not null)
            {
                isOdd = true;
                Warn(builder, "system-types", $"'{system}' is not a system that Nix knows; '{suggestion}' is.");
            }
        }

        return isOdd;
    }

    /// <summary>Whether two lists share a word; the common short ones are compared without a set.</summary>
    private static bool HaveOneInCommon(IReadOnlyList<string> left, IReadOnlyList<string> right)
    {
        if ((long)left.Count * right.Count > FewComparisons)
        {
            return left.Intersect(right).Any();
        }

        for (var index = 0; index < left.Count; index++)
        {
            for (var other = 0; other < right.Count; other++)
            {
                if (left[index] == right[other])
                {
                    return true;
                }
            }
        }

        return false;
    }

    private void Warn(NixBuilder builder, string field, string message) => _collector.Warn(builder.Source, builder.Name, field, message);
}
