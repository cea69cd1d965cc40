namespace NixRemote.Diagnosis.Checks;

/// <summary>Whether the builder's clock is right, as far as ours is: certificates, signatures' times and make depend on it.</summary>
internal sealed class ClockCheck : IBuilderCheck
{
    public BuilderCheckName Name => BuilderCheckName.Clock;

    public BuilderCheckName? Needs => BuilderCheckName.Authentication;

    public async Task<NixBuilderCheck> RunAsync(BuilderExamination examination, CancellationToken cancellationToken)
    {
        await examination.ReportAsync(cancellationToken).ConfigureAwait(false);
        if (examination.Report?.Facts?.ClockOffset is not { } offset)
        {
            return NixBuilderCheck.Skipped(Name, "It does not tell the time.");
        }

        var difference = $"{offset.Duration():d\\.hh\\:mm\\:ss} {(offset < TimeSpan.Zero ? "behind" : "ahead of")} this machine's";
        return offset.Duration() > DiagnosisLimits.ClockSkew
            ? NixBuilderCheck.Warning(Name, NixErrors.ClockSkewed, $"Its clock is {difference}.")
            : NixBuilderCheck.Passed(Name, "Its clock agrees with this machine's.");
    }
}
