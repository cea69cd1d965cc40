using NixRemote.Stores;

namespace NixRemote.Diagnosis.Checks;

/// <summary>Whether the machine runs Nix's program for us.</summary>
internal sealed class RemoteProgramCheck : IBuilderCheck
{
    public BuilderCheckName Name => BuilderCheckName.RemoteProgram;

    public BuilderCheckName? Needs => BuilderCheckName.Authentication;

    public async Task<NixBuilderCheck> RunAsync(BuilderExamination examination, CancellationToken cancellationToken)
    {
        var program = examination.IsRemote ? StoreFactory.RemoteCommand(examination.Builder.ToStoreUri())[0] : "Nix";
        var refused = await examination.ReportAsync(cancellationToken).ConfigureAwait(false);
        var failure = await examination.ConnectAsync(cancellationToken).ConfigureAwait(false);
        var facts = examination.Report?.Facts;
        if (failure is not null && examination.Report is { Facts: null } report && failure.Definition != NixErrors.LoginShellRefuses)
        {
            // Neither our question nor Nix's program was run, whatever it was asked for.
            var instead = report.StrayOutput.Length > 0 ? $"what it runs says: {report.StrayOutput}" : $"what it runs says nothing{Status(report.ExitStatus)}";
            return NixBuilderCheck.Failed(Name, new NixRemoteException(NixErrors.ForcedCommand,
                $"{examination.Builder.Name} was asked for '{program}' and for '/bin/sh', and ran neither; {instead}.", failure) { StandardErrorTail = failure.StandardErrorTail });
        }

        if (failure?.Check == Name)
        {
            return NixBuilderCheck.Failed(Name, Advised(failure, program, facts));
        }

        return facts is null
            ? NixBuilderCheck.Passed(Name, refused is null ? $"It runs {program}." : $"It runs {program}, and no other commands: {refused.Message}")
            : NixBuilderCheck.Passed(Name, $"It runs {facts.Programs.GetValueOrDefault(program, program)}{(facts.Version is null ? "" : $": {facts.Version}")}.");
    }

    /// <summary>A program that is where Nix is usually installed only has to be named.</summary>
    private static NixRemoteException Advised(NixRemoteException failure, string program, NixBuilderFacts? facts)
    {
        if (failure.Definition == NixErrors.RemoteProgramNotFound && facts?.ProgramsElsewhere.GetValueOrDefault(program) is { } place)
        {
            failure.RecommendedAction = $"It is at {place}: add ?remote-program={place} to the builder's URI, or put its folder on the PATH of non-interactive shells.";
        }

        return failure;
    }

    private static string Status(int? status) => status is null ? "" : $" (exit status {status})";
}
