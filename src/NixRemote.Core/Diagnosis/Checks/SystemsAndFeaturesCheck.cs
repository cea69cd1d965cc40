namespace NixRemote.Diagnosis.Checks;

/// <summary>Whether the builder has what its entry claims, by its own Nix's configuration.</summary>
internal sealed class SystemsAndFeaturesCheck : IBuilderCheck
{
    public BuilderCheckName Name => BuilderCheckName.SystemsAndFeatures;

    public BuilderCheckName? Needs => BuilderCheckName.Authentication;

    public async Task<NixBuilderCheck> RunAsync(BuilderExamination examination, CancellationToken cancellationToken)
    {
        await examination.ReportAsync(cancellationToken).ConfigureAwait(false);
        return examination.Report?.Facts is { Systems.Count: > 0 } facts
            ? Compare(examination.Builder, facts)
            : NixBuilderCheck.Skipped(Name, "It does not tell its Nix's configuration.");
    }

    /// <summary>Compares what an entry claims with what the builder tells.</summary>
    public NixBuilderCheck Compare(Builders.NixBuilder builder, NixBuilderFacts facts)
    {
        var systems = builder.Systems.Except(facts.Systems).ToList();
        var features = builder.SupportedFeatures.Concat(builder.MandatoryFeatures).Except(facts.Features).Distinct().ToList();
        var problems = new List<(ErrorDefinition Error, string Text)>();
        if (systems.Count > 0)
        {
            problems.Add((NixErrors.SystemNotBuildable, $"The entry claims {string.Join(", ", systems)}, but its Nix builds for {string.Join(", ", facts.Systems)} only."));
        }

        if (features.Count > 0)
        {
            problems.Add((NixErrors.FeatureMissing, $"The entry claims the features {string.Join(", ", features)}, but its Nix has {(facts.Features.Count == 0 ? "none" : "only " + string.Join(", ", facts.Features))}."));
        }

        if (facts.MaxJobs == 0)
        {
            problems.Add((NixErrors.NoJobsOnBuilder, "Its own nix.conf says max-jobs = 0."));
        }

        return problems.Count > 0
            ? NixBuilderCheck.Failed(Name, new NixRemoteException(problems[0].Error, string.Join(' ', problems.Select(p => p.Text))))
            : NixBuilderCheck.Passed(Name, $"Its Nix builds for {string.Join(", ", facts.Systems)} with the features {(facts.Features.Count == 0 ? "none" : string.Join(", ", facts.Features))}, "
                + $"{facts.MaxJobs?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "any number"} at a time.");
    }
}
