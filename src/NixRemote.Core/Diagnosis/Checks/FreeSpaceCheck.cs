namespace NixRemote.Diagnosis.Checks;

/// <summary>Whether there is room in the store and where builds work.</summary>
internal sealed class FreeSpaceCheck : IBuilderCheck
{
    public BuilderCheckName Name => BuilderCheckName.FreeSpace;

    public BuilderCheckName? Needs => BuilderCheckName.Authentication;

    public async Task<NixBuilderCheck> RunAsync(BuilderExamination examination, CancellationToken cancellationToken)
    {
        await examination.ReportAsync(cancellationToken).ConfigureAwait(false);
        var free = examination.Report?.Facts?.FreeBytes ?? new Dictionary<string, long>();
        if (free.Count == 0)
        {
            return NixBuilderCheck.Skipped(Name, "It does not tell its free space.");
        }

        var low = free.Where(folder => folder.Value < DiagnosisLimits.LowDiskBytes).ToList();
        return low.Count > 0
            ? NixBuilderCheck.Warning(Name, NixErrors.DiskLow, $"There is little room left: {Describe(low)}.")
            : NixBuilderCheck.Passed(Name, $"There is room: {Describe(free)}.");
    }

    private static string Describe(IEnumerable<KeyValuePair<string, long>> folders) =>
        string.Join(", ", folders.Select(folder => FormattableString.Invariant($"{folder.Value / (double)(1L << 30):0.0} GiB in {folder.Key}")));
}
