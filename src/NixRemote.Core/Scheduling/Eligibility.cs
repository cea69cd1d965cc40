using NixRemote.Builders;

namespace NixRemote.Scheduling;

/// <summary>Whether a builder may take a derivation, by its declaration alone (scheduling.md §4, machines.md §2.3).</summary>
public static class Eligibility
{
    /// <summary>The system of derivations that every machine can build.</summary>
    public const string BuiltinSystem = "builtin";

    /// <summary>All reasons against; none means that the builder is eligible.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="system">The derivation's platform.</param>
    /// <param name="requiredFeatures">Its requiredSystemFeatures.</param>
    public static IReadOnlyList<Ineligibility> Check(NixBuilder builder, string system, IReadOnlyCollection<string> requiredFeatures)
    {
        var reasons = new List<Ineligibility>();
        if (!builder.Enabled)
        {
            reasons.Add(new(IneligibilityKind.Disabled, "it is disabled in the configuration"));
        }

        if (system != BuiltinSystem && !builder.Systems.Contains(system))
        {
            reasons.Add(new(IneligibilityKind.System, $"it builds for {string.Join(", ", builder.Systems)}, not for {system}"));
        }

        foreach (var feature in requiredFeatures)
        {
            if (!builder.SupportedFeatures.Contains(feature) && !builder.MandatoryFeatures.Contains(feature))
            {
                reasons.Add(new(IneligibilityKind.MissingFeature, $"it lacks the feature {feature}"));
            }
        }

        foreach (var feature in builder.MandatoryFeatures)
        {
            if (!requiredFeatures.Contains(feature))
            {
                reasons.Add(new(IneligibilityKind.MandatoryFeature, $"it takes only derivations that require {feature}"));
            }
        }

        if (builder.MaxJobs == 0)
        {
            reasons.Add(new(IneligibilityKind.NoSlots, "its job count is 0"));
        }

        return reasons;
    }
}
