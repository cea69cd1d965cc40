using System.Management.Automation;
using NixRemote.Builders;
using NixRemote.Builds;
using NixRemote.Scheduling;
using NixRemote.StoreObjects;

namespace NixRemote.Commands;

/// <summary>What the cmdlets share that choose builders for derivations: the derivations, the builders, and how to compare them.</summary>
public abstract class PlacementCmdlet : StoreCmdlet
{
    private protected const string DerivationSet = "Derivation";

    private const string HistoryFile = "history.db";

    /// <summary>Derivations: <c>/nix/store/….drv</c>, with <c>^out,dev</c> or <c>!out,dev</c> for some outputs only; of a build result, its
    /// derivation.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = DerivationSet)]
    [Alias("DrvPath")]
    [StorePathTransformation(DerivationOfResult = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(DerivationPathCompleter))]
    public string[]? DerivationPath { get; set; }

    /// <summary>The builders: objects of Get-NixBuilder, names of configured ones, or entries of the legacy format. Default:
    /// those that Nix would use on this machine.</summary>
    [Parameter]
    [BuilderTransformation]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BuilderNameCompleter))]
    public NixBuilder[]? Builder { get; set; }

    /// <summary>Of the builders only those with these names; wildcards are allowed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(BuilderNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Of the builders all but those with these names; wildcards are allowed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(BuilderNameCompleter))]
    public string[]? ExcludeName { get; set; }

    /// <summary>How builders are chosen: by the earliest expected finish, or by Nix's own rule.</summary>
    [Parameter]
    public SelectionPolicy Policy { get; set; }

    /// <summary>Do not go by what is remembered of builds, and remember none.</summary>
    [Parameter]
    public SwitchParameter NoHistory { get; set; }

    /// <summary>The derivations given so far.</summary>
    private protected List<BuildGoal> Goals { get; } = [];

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        RefuseWhatIsNoBuilder(Builder);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var text in DerivationPath ?? [])
        {
            try
            {
                Goals.Add(BuildGoal.Parse(text));
            }
            catch (NixRemoteException exception)
            {
                WriteNixError(exception, text);
            }
        }
    }

    /// <summary>What is remembered of builds; null where the user has no state folder.</summary>
    private protected IBuildHistory? OpenHistory() =>
        StateFolder.Of(Environment) is { } folder ? AdapterLoader.CreateBuildHistory(Path.Combine(folder, HistoryFile)) : null;
}
