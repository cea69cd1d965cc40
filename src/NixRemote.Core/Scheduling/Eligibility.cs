using System.Globalization;
using NixRemote.Builders;

namespace NixRemote.Scheduling;

/// <summary>Whether a builder may take a derivation (scheduling.md §4, machines.md §2.3).</summary>
public static class Eligibility
{
    /// <summary>The builder's answer with all reasons against.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="needs">What the derivation asks for.</param>
    /// <param name="condition">How the builder is at this moment; null: by its declaration alone.</param>
    public static BuilderEligibility Check(NixBuilder builder, BuildNeeds needs, BuilderCondition? condition = null)
    {
        var reasons = new List<Ineligibility>();
        AddDeclared(reasons, builder, needs);
        if (condition is not null)
        {
            AddMomentary(reasons, builder, condition);
        }

        return new BuilderEligibility(builder, reasons);
    }

    private static void AddDeclared(List<Ineligibility> reasons, NixBuilder builder, BuildNeeds needs)
    {
        if (!builder.Enabled)
        {
            reasons.Add(new(IneligibilityKind.Disabled, "it is disabled in the configuration", "enable it there"));
        }

        if (needs.System != BuildNeeds.BuiltinSystem && !builder.Systems.Contains(needs.System))
        {
            var systems = builder.Systems.Count == 0 ? "no system" : string.Join(", ", builder.Systems);
            reasons.Add(new(IneligibilityKind.System, $"it builds for {systems}, not for {needs.System}", $"add {needs.System} to its systems, if it can build for it"));
        }

        var missing = needs.RequiredFeatures.Where(f => !builder.SupportedFeatures.Contains(f) && !builder.MandatoryFeatures.Contains(f)).ToList();
        if (missing.Count > 0)
        {
            reasons.Add(new(IneligibilityKind.MissingFeature, $"it lacks the {Features(missing)}", $"add {string.Join(", ", missing)} to its supported features, if it has {(missing.Count == 1 ? "it" : "them")}")
            {
                Features = missing,
            });
        }

        var mandatory = builder.MandatoryFeatures.Where(f => !needs.RequiredFeatures.Contains(f)).ToList();
        if (mandatory.Count > 0)
        {
            reasons.Add(new(IneligibilityKind.MandatoryFeature, $"it takes only derivations that require the {Features(mandatory)}",
                $"make {string.Join(", ", mandatory)} a supported instead of a mandatory feature")
            {
                Features = mandatory,
            });
        }

        if (builder.MaxJobs == 0)
        {
            reasons.Add(new(IneligibilityKind.NoSlots, "its job count is 0", "raise its job count") { BusySlots = 0 });
        }
    }

    private static void AddMomentary(List<Ineligibility> reasons, NixBuilder builder, BuilderCondition condition)
    {
        if (condition.IsExcluded)
        {
            reasons.Add(new(IneligibilityKind.Excluded, "it is left out by its name", "name it in -Name, or leave it out of -ExcludeName"));
        }

        if (condition.BusySlots >= builder.MaxJobs && builder.MaxJobs > 0)
        {
            reasons.Add(new(IneligibilityKind.SlotsBusy, builder.MaxJobs == 1 ? "its only slot is busy" : $"{condition.BusySlots} of its {builder.MaxJobs} slots are busy", "wait for a slot, or raise its job count")
            {
                BusySlots = condition.BusySlots,
            });
        }

        if (condition.Gone is { } gone)
        {
            reasons.Add(new(IneligibilityKind.Unreachable, $"it cannot be used: {gone.Message}", gone.RecommendedAction) { Error = gone });
        }
        else if (condition.Circuit is { IsClosed: false } circuit)
        {
            var state = circuit.State == CircuitState.HalfOpen ? "is being tried again" : $"rests until {Seconds(circuit.Until)}";
            reasons.Add(new(IneligibilityKind.Resting,
                $"it failed {Times(circuit.Failures)}, at {Seconds(circuit.Since)} last, and {state}: {circuit.LastError!.Message}", circuit.LastError.RecommendedAction)
            {
                Since = circuit.Since,
                Until = circuit.Until,
                Error = circuit.LastError,
            });
        }
    }

    private static string Features(List<string> features) => (features.Count == 1 ? "feature " : "features ") + string.Join(", ", features);

    private static string Times(int count) => count == 1 ? "once" : $"{count} times in a row";

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");
}
