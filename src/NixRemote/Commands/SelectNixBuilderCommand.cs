using System.Management.Automation;
using NixRemote.Builders;
using NixRemote.Builds;
using NixRemote.Scheduling;
using NixRemote.Stores;

namespace NixRemote.Commands;

/// <summary>
/// <c>Select-NixBuilder</c>: the builder that a derivation, or a system and features, would go to; with -Explain every builder with its
/// place and the reason.
/// </summary>
[Cmdlet(VerbsCommon.Select, "NixBuilder", DefaultParameterSetName = DerivationSet)]
[OutputType(typeof(NixBuilder), typeof(BuilderChoice))]
public sealed partial class SelectNixBuilderCommand : PlacementCmdlet
{
    private const string SystemSet = "System";

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

    /// <summary>Every builder with its rank, score and reason, instead of the one that is chosen.</summary>
    [Parameter]
    public SwitchParameter Explain { get; set; }

    /// <summary>Ask the builders what they have of what the derivation needs: who has its outputs, and how much the others lack.</summary>
    [Parameter(ParameterSetName = DerivationSet)]
    public SwitchParameter AskBuilder { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (ParameterSetName == DerivationSet && Goals.Count == 0)
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
                Choose(new BuildNeeds(System!, [.. RequiredFeature.Distinct()]), null, null, candidates, records);
                return;
            }

            await using var store = OpenStore(stores, Store);
            using var history = NoHistory ? null : OpenHistory();
            await using var prospects = new Prospects(store, history, b => Open(stores, b, 1), records);
            foreach (var path in Goals.Select(g => g.DerivationPath))
            {
                try
                {
                    var (needs, expected, known) = await prospects.OfAsync(path, AskBuilder, candidates, cancellationToken).ConfigureAwait(false);
                    Choose(needs, path.ToString(), expected, known, records);
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

    private void Choose(BuildNeeds needs, string? derivation, TimeSpan? expected, IReadOnlyList<BuilderCandidate> candidates, PipelineRecords records)
    {
        var choices = BuilderSelection.Rank(needs, candidates, Policy, new ScheduleOptions(), expected);
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
