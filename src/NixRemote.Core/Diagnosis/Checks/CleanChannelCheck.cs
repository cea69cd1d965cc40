namespace NixRemote.Diagnosis.Checks;

/// <summary>Whether nothing but what was asked for comes through the channel.</summary>
internal sealed class CleanChannelCheck : IBuilderCheck
{
    public BuilderCheckName Name => BuilderCheckName.CleanChannel;

    public BuilderCheckName? Needs => BuilderCheckName.RemoteProgram;

    public async Task<NixBuilderCheck> RunAsync(BuilderExamination examination, CancellationToken cancellationToken)
    {
        var failure = await examination.ConnectAsync(cancellationToken).ConfigureAwait(false);
        return failure?.Check == Name ? NixBuilderCheck.Failed(Name, failure)
            : examination.Report is { Facts: not null, StrayOutput.Length: > 0 } report
                ? NixBuilderCheck.Warning(Name, NixErrors.RemoteOutputBeforeProtocol, $"Its shell writes text before what a command writes: {report.StrayOutput}")
            : NixBuilderCheck.Passed(Name, "No text comes before the protocol.");
    }
}
