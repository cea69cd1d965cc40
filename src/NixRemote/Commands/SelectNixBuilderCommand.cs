using System.Management.Automation;
using NixRemote.Builders;
using NixRemote.Builds;
using NixRemote.Scheduling;
using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Commands;

/// <summary>
/// <c>Select-NixBuilder</c>: the builder that a derivation, or a system and features, would go to; with -Explain every builder with its
/// place and the reason.
/// </summary>
[Cmdlet(VerbsCommon.Select, "NixBuilder", DefaultParameterSetName = DerivationSet)]
[OutputType(typeof(NixBuilder), typeof(BuilderChoice))]
public sealed class SelectNixBuilderCommand : StoreCmdlet
{
    private const string DerivationSet = "Derivation";
    private const string SystemSet = "System";

    private readonly List<StorePath> _paths = [];

    /// <summary>Derivations to place: <c>/nix/store/….drv</c>; of a build result, its derivation.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = DerivationSet)]
    [Alias("DrvPath")]
    [StorePathTransformation(DerivationOfResult = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(DerivationPathCompleter))]
    public string[]? DerivationPath { get; set; }

    /// <summary>The store that has the derivations: a URI or the name of a configured builder. Default: the local one.</summary>
    [Parameter(ParameterSetName = DerivationSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BuilderNameCompleter))]
    public string? Store { get; set; }

    /// <summary>The system to build for.</summary>
    [Parameter(Mandatory = true, ParameterSetName = SystemSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(SystemCompleter))]
    public string? System { get; set; }

    /// <summary>Features that the builder must have.</summary>
    [Parameter(ParameterSetName = SystemSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FeatureCompleter))]
    public string[] RequiredFeature { get; set; } = [];

    /// <summary>How the builders are compared.</summary>
    [Parameter]
    public SelectionPolicy Policy { get; set; }

    /// <summary>Every builder with its rank, score and reason, instead of the one that is chosen.</summary>
    [Parameter]
    public SwitchParameter Explain { get; set; }

    /// <summary>Only builders with these names; wildcards are allowed.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BuilderNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>No builders with these names; wildcards are allowed.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BuilderNameCompleter))]
    public string[]? ExcludeName { get; set; }

    /// <summary>The builders to choose from: objects of Get-NixBuilder, names of configured ones, or entries of the legacy format. Default:
    /// those that Nix would use on this machine.</summary>
    [Parameter]
    [BuilderTransformation]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BuilderNameCompleter))]
    public NixBuilder[]? Builder { get; set; }

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
                _paths.Add(BuildGoal.Parse(text).DerivationPath);
            }
            catch (NixRemoteException exception)
            {
                WriteNixError(exception, text);
            }
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (ParameterSetName == DerivationSet && _paths.Count == 0)
        {
            return;
        }

        var declared = Candidates();
        RunInBackground(async (records, cancellationToken) =>
        {
            var stores = Stores(records);
            var candidates = await WithLoadAsync(declared, stores, records, cancellationToken).ConfigureAwait(false);
            if (ParameterSetName == SystemSet)
            {
                Choose(new BuildNeeds(System!, [.. RequiredFeature.Distinct()]), null, candidates, records);
                return;
            }

            await using var store = OpenStore(stores, Store);
            foreach (var path in _paths)
            {
                try
                {
                    var derivation = await DerivationGraph.ReadOneAsync(store, path, cancellationToken).ConfigureAwait(false);
                    Choose(new BuildNeeds(derivation.Platform, DerivationOptions.Read(derivation).RequiredSystemFeatures), path.ToString(), candidates, records);
                }
                catch (NixRemoteException exception)
                {
                    records.Error(exception, path.ToString());
                }
            }
        });
    }

    /// <summary>The builders with the slots that are taken now, as far as this machine's slot files tell.</summary>
    private async Task<IReadOnlyList<BuilderCandidate>> WithLoadAsync(
        IReadOnlyList<BuilderCandidate> candidates, StoreFactory stores, PipelineRecords records, CancellationToken cancellationToken)
    {
        if (SlotFolder(stores, Store) is not { } folder || !Directory.Exists(folder))
        {
            return candidates;
        }

        var loaded = new List<BuilderCandidate>();
        try
        {
            var slots = new BuilderSlots(SlotDirectory.Open(folder), e => records.Verbose(ErrorRecords.Describe(e)));
            foreach (var candidate in candidates)
            {
                var busy = await slots.OthersAsync(candidate.Builder, cancellationToken).ConfigureAwait(false);
                loaded.Add(candidate with { Condition = candidate.Condition with { BusySlots = busy } });
            }

            return loaded;
        }
        catch (NixRemoteException exception) when (exception.Definition == NixErrors.SlotsNotShared)
        {
            records.Verbose($"All slots count as free. {ErrorRecords.Describe(exception)}");
            return candidates;
        }
    }

    /// <summary>The builders, also those that are switched off or left out: they are explained too.</summary>
    private List<BuilderCandidate> Candidates()
    {
        IReadOnlyList<NixBuilder>? builders = Builder;
        if (builders is null)
        {
            var configuration = BuildersConfiguration.Load(Environment, AdapterLoader.CreateTomlReader);
            foreach (var error in configuration.Errors)
            {
                WriteNixError(error.ToException());
            }

            builders = configuration.Builders;
        }

        if (builders.Count == 0)
        {
            ThrowNixError(new NixRemoteException(NixErrors.NoBuilders, "No builder is configured on this machine, and -Builder names none."));
        }

        var names = Name is null ? null : new NamePatterns(Name);
        var excluded = new NamePatterns(ExcludeName ?? []);
        var candidates = builders.Select(b => new BuilderCandidate(b)
        {
            Condition = new BuilderCondition { IsExcluded = excluded.Match(b.Name) | (names?.Match(b.Name) == false) },
        }).ToList();
        foreach (var name in excluded.NotFound.Concat(names?.NotFound ?? []))
        {
            WriteNixError(NoSuchBuilder(name));
        }

        return candidates;
    }

    private void Choose(BuildNeeds needs, string? derivation, IReadOnlyList<BuilderCandidate> candidates, PipelineRecords records)
    {
        var choices = BuilderSelection.Rank(needs, candidates, Policy, new ScheduleOptions());
        if (Explain)
        {
            foreach (var choice in choices)
            {
                records.Object(choice with { DerivationPath = derivation });
            }
        }
        else if (choices[0].Eligible)
        {
            records.Object(choices[0].Builder);
        }
        else
        {
            records.Error(BuilderSelection.NobodyTakes(needs, [.. choices.Select(c => new BuilderEligibility(c.Builder, c.Reasons))], derivation));
        }
    }
}
