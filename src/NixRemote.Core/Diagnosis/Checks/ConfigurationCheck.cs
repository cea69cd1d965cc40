namespace NixRemote.Diagnosis.Checks;

/// <summary>Whether the builder's entry and the SSH configuration of its host say something that can be done.</summary>
internal sealed class ConfigurationCheck : IBuilderCheck
{
    public BuilderCheckName Name => BuilderCheckName.Configuration;

    public BuilderCheckName? Needs => null;

    public async Task<NixBuilderCheck> RunAsync(BuilderExamination examination, CancellationToken cancellationToken)
    {
        var builder = examination.Builder;
        await examination.CheckUriAsync().ConfigureAwait(false);

        // ssh_config and pinned keys are read when it logs in.
        if (await examination.LogInAsync(cancellationToken).ConfigureAwait(false) is { } failure && failure.Check == Name)
        {
            return NixBuilderCheck.Failed(Name, failure);
        }

        return !builder.Enabled ? NixBuilderCheck.Warning(Name, NixErrors.BuilderDisabled, $"{builder.Name} is switched off{Place(builder.Source)}.")
            : builder.MaxJobs == 0 ? NixBuilderCheck.Warning(Name, NixErrors.BuilderTakesNoJobs, $"The job count of {builder.Name} is 0{Place(builder.Source)}: it never gets work.")
            : examination.Options.WhyIgnoredByNix is { } why ? NixBuilderCheck.Warning(Name, NixErrors.BuildersIgnored, why)
            : NixBuilderCheck.Passed(Name, $"{builder.Uri}: {string.Join(", ", builder.Systems)}, {builder.MaxJobs} at a time{Place(builder.Source)}.");
    }

    private static string Place(Builders.SourceLocation? source) => source is null ? "" : $" ({source})";
}
