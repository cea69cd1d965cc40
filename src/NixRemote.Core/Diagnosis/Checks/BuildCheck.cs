using System.Text.RegularExpressions;
using NixRemote.Builders;
using NixRemote.Stores;

namespace NixRemote.Diagnosis.Checks;

/// <summary>Whether a tiny derivation of each claimed system, without and with each claimed feature, is really built.</summary>
internal sealed partial class BuildCheck : IBuilderCheck
{
    public BuilderCheckName Name => BuilderCheckName.Build;

    public BuilderCheckName? Needs => BuilderCheckName.Store;

    public async Task<NixBuilderCheck> RunAsync(BuilderExamination examination, CancellationToken cancellationToken)
    {
        if (!examination.Options.Build)
        {
            return NixBuilderCheck.Skipped(Name, "Not asked for (-Build).");
        }

        var needs = Needed(examination.Builder);
        var problems = new List<NixRemoteException>();
        foreach (var (system, features) in needs)
        {
            if (await BuildAsync(examination, system, features, cancellationToken).ConfigureAwait(false) is { } problem)
            {
                problems.Add(problem);
                if (problem.Definition == NixErrors.BuildProbeTimedOut)
                {
                    // The others would hang as well, and each would take as long.
                    break;
                }
            }
        }

        return problems.Count == 0
            ? NixBuilderCheck.Passed(Name, $"It has built {needs.Count} tiny {(needs.Count == 1 ? "derivation" : "derivations")}: {string.Join("; ", needs.Select(n => Describe(n.System, n.Features)))}.")
            : NixBuilderCheck.Failed(Name, new NixRemoteException(problems[0].Definition, string.Join(' ', problems.Select(p => p.Message)), problems[0])
            {
                RecommendedAction = problems[0].RecommendedAction,
            });
    }

    /// <summary>Each system by itself and with each feature; what is mandatory is always asked for, since nothing else is built there.</summary>
    private static List<(string System, IReadOnlyList<string> Features)> Needed(NixBuilder builder)
    {
        IReadOnlyList<string> mandatory = builder.MandatoryFeatures;
        return [.. builder.Systems
            .SelectMany(system => builder.SupportedFeatures.Except(mandatory)
                .Select(feature => (system, (IReadOnlyList<string>)[.. mandatory, feature])).Prepend((system, mandatory)))
            .Take(DiagnosisLimits.ProbeBuilds)];
    }

    private static async Task<NixRemoteException?> BuildAsync(
        BuilderExamination examination, string system, IReadOnlyList<string> features, CancellationToken cancellationToken)
    {
        var what = $"The tiny build for {Describe(system, features)}";
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(examination.Options.BuildTimeout);
        try
        {
            var result = await examination.Store!.BuildDerivationAsync(ProbeDerivation.Make(system, features), new BuildOptions(), events: null, limit.Token).ConfigureAwait(false);
            return result.IsSuccess ? null : new NixRemoteException(Definition(result, features), $"{what} failed: {RemoteErrorText.Bare(result.ErrorMessage).ReplaceLineEndings(" ")}");
        }
        catch (NixRemoteException failure)
        {
            return new NixRemoteException(NixErrors.BuildProbeFailed, $"{what} failed: {failure.Message}", failure);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new NixRemoteException(NixErrors.BuildProbeTimedOut, $"{what} did not end within {examination.Options.BuildTimeout.TotalSeconds:0.###} s.");
        }
    }

    private static ErrorDefinition Definition(BuildResult result, IReadOnlyList<string> features) =>
        RemoteErrorText.Recognise(result.ErrorMessage) is { } known ? known
        : result.ErrorMessage.Contains("max-jobs", StringComparison.Ordinal) ? NixErrors.NoJobsOnBuilder
        : !CannotBuildHere().IsMatch(result.ErrorMessage) ? NixErrors.BuildProbeFailed
        : features.Count > 0 ? NixErrors.FeatureMissing
        : NixErrors.SystemNotBuildable;

    // "a 'SYSTEM' with features {…} is required to build '…', but I am a …"; since 2.3x "Reason: missing system features" and "Reason: required system …".
    [GeneratedRegex("is required to build|missing system features|platform mismatch|[Rr]equired system")]
    private static partial Regex CannotBuildHere();

    private static string Describe(string system, IReadOnlyList<string> features) =>
        features.Count == 0 ? system : $"{system} with {string.Join(", ", features)}";
}
