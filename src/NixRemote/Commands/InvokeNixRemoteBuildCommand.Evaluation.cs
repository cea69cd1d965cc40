using System.Management.Automation;
using NixRemote.Builders;
using NixRemote.Builds;
using NixRemote.Evaluation;
using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Commands;

/// <summary>Goals that are evaluated first, on this machine or on a builder, and outputs that are unpacked here.</summary>
public sealed partial class InvokeNixRemoteBuildCommand
{
    private const string InstallableSet = "Installable";

    /// <summary>A Nix file, or a folder with a default.nix, to evaluate.</summary>
    [Parameter(Mandatory = true, ParameterSetName = FileSet)]
    [ValidateNotNullOrEmpty]
    public string? File { get; set; }

    /// <summary>A Nix expression to evaluate.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ExpressionSet)]
    [ValidateNotNullOrEmpty]
    public string? Expression { get; set; }

    /// <summary>Attributes of the file or expression to build. Default: all that it evaluates to.</summary>
    [Parameter(ParameterSetName = FileSet)]
    [Parameter(ParameterSetName = ExpressionSet)]
    [ValidateNotNullOrEmpty]
    public string[]? Attribute { get; set; }

    /// <summary>Flake references to evaluate: <c>nixpkgs#hello</c>, <c>.#app^out,dev</c>.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InstallableSet)]
    [ValidateNotNullOrEmpty]
    public string[]? Installable { get; set; }

    /// <summary>The builder whose Nix evaluates, by its name or URI; its store has the derivations then. The folder of -File,
    /// and folders of this machine in -Installable, are sent there. Default: the Nix of this machine.</summary>
    [Parameter(ParameterSetName = FileSet)]
    [Parameter(ParameterSetName = ExpressionSet)]
    [Parameter(ParameterSetName = InstallableSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BuilderNameCompleter))]
    public string? EvaluateOn { get; set; }

    /// <summary>A folder of this machine in which the goals' outputs are unpacked, each as HASH-NAME.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Unpack { get; set; }

    /// <summary>The request of the parameters, with absolute paths; null if goals are given. On the pipeline thread.</summary>
    private EvaluationRequest? Request()
    {
        if (ParameterSetName == DerivationSet)
        {
            return null;
        }

        try
        {
            return new EvaluationRequest
            {
                File = File is null ? null : ResolvePath(File),
                Expression = Expression,
                Attributes = Attribute ?? [],
                Installables = [.. (Installable ?? []).Select(text => Evaluation.Installable.Parse(text) switch
                {
                    { LocalFolder: { } folder } local => local with { Reference = $"path:{ResolvePath(folder)}" },
                    var other => other,
                })],
            };
        }
        catch (NixRemoteException exception)
        {
            ThrowNixError(exception);
            throw;
        }
    }

    /// <summary>Evaluates here, or on the machine of -EvaluateOn, whose store <paramref name="store"/> is.</summary>
    private async Task<IReadOnlyList<BuildGoal>> EvaluateAsync(
        EvaluationRequest request, StoreFactory stores, INixStore store, PipelineRecords records, CancellationToken cancellationToken)
    {
        if (EvaluateOn is null)
        {
            return await Evaluator.OfThisMachine.EvaluateAsync(request, records.Verbose, cancellationToken).ConfigureAwait(false);
        }

        request = await LocalSources.SendAsync(request, store, records.Verbose, cancellationToken).ConfigureAwait(false);
        var (uri, options) = StoreOf(EvaluateOn);
        if (stores.LogIn(uri, options) is not { } logIn)
        {
            return await Evaluator.OfThisMachine.EvaluateAsync(request, records.Verbose, cancellationToken).ConfigureAwait(false);
        }

        var session = await logIn(cancellationToken).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            return await Evaluator.Over(session, store.Name).EvaluateAsync(request, records.Verbose, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Unpacks the outputs of a goal that succeeded; a failure is the goal's.</summary>
    private static async Task<NixBuildResult> UnpackAsync(
        NixBuildResult result, INixStore store, string folder, PipelineRecords records, CancellationToken cancellationToken)
    {
        if (!result.Success)
        {
            return result;
        }

        var unpacked = new Dictionary<string, string>();
        try
        {
            foreach (var (name, path) in result.Outputs)
            {
                unpacked[name] = await OutputFolder.UnpackAsync(store, StorePath.Parse(path), folder, cancellationToken).ConfigureAwait(false);
                records.Verbose($"{path} is unpacked to '{unpacked[name]}'.");
            }

            return result with { Unpacked = unpacked };
        }
        catch (NixRemoteException exception)
        {
            records.Error(exception, result.DerivationPath);
            return result with { Unpacked = unpacked, Status = GoalStatus.Failed, Error = exception };
        }
    }
}
