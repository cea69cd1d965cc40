using System.Management.Automation;
using NixRemote.Builds;
using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Commands;

/// <summary><c>Get-NixDerivation</c>: reads derivations from any store.</summary>
[Cmdlet(VerbsCommon.Get, "NixDerivation")]
[OutputType(typeof(NixDerivation))]
public sealed class GetNixDerivationCommand : StoreCmdlet
{
    private readonly List<StorePath> _paths = [];

    /// <summary>The derivations: <c>/nix/store/….drv</c>; of a build result, its derivation.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("DrvPath", "Deriver")]
    [StorePathTransformation(DerivationOfResult = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(DerivationPathCompleter))]
    public string[]? DerivationPath { get; set; }

    /// <summary>The store that has them: a URI or the name of a configured builder. Default: the local one.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BuilderNameCompleter))]
    public string? Store { get; set; }

    /// <summary>Read all that they are built from as well, inputs first; each has its Inputs then.</summary>
    [Parameter]
    public SwitchParameter Recurse { get; set; }

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
        if (_paths.Count > 0)
        {
            RunInBackground(ReadAsync);
        }
    }

    private async Task ReadAsync(PipelineRecords records, CancellationToken cancellationToken)
    {
        await using var store = OpenStore(Stores(records), Store);
        if (Recurse)
        {
            var graph = await DerivationGraph.LoadAsync(store, _paths, cancellationToken).ConfigureAwait(false);
            var shown = new Dictionary<StorePath, NixDerivation>();
            foreach (var derivation in InputsFirst(graph))
            {
                var made = NixDerivation.From(derivation, [.. derivation.InputDerivations.Select(input => shown[input.Key])]);
                shown.Add(derivation.Path, made);
                records.Object(made);
            }

            return;
        }

        var valid = await store.QueryValidPathsAsync([.. _paths], protect: false, substitute: false, cancellationToken).ConfigureAwait(false);
        foreach (var missing in _paths.Distinct().Where(path => !valid.Contains(path)))
        {
            records.Error(new NixRemoteException(NixErrors.DerivationMissing, $"{store.Name} does not have the derivation {missing}.")
            {
                Builder = store.Name,
                Target = missing.ToString(),
            });
        }

        var there = _paths.Distinct().Where(valid.Contains).ToList();
        var files = await store.ReadFilesAsync(there, DerivationGraph.MaxDerivationBytes, cancellationToken).ConfigureAwait(false);
        foreach (var path in there)
        {
            try
            {
                var derivation = DerivationParser.Parse(path, files[path].Span);
                DerivationVerifier.VerifyPath(derivation, files[path].Span);
                records.Object(NixDerivation.From(derivation, []));
            }
            catch (NixRemoteException exception)
            {
                exception.Builder ??= store.Name;
                records.Error(exception, path.ToString());
            }
        }
    }

    private static IEnumerable<Derivation> InputsFirst(DerivationGraph graph)
    {
        var done = new HashSet<StorePath>();
        foreach (var root in graph.Derivations.Keys.Order())
        {
            var stack = new Stack<(StorePath Path, bool InputsAreDone)>([(root, false)]);
            while (stack.TryPop(out var top))
            {
                if (top.InputsAreDone)
                {
                    if (done.Add(top.Path))
                    {
                        yield return graph[top.Path];
                    }
                }
                else if (!done.Contains(top.Path))
                {
                    stack.Push((top.Path, true));
                    foreach (var (input, _) in graph[top.Path].InputDerivations)
                    {
                        stack.Push((input, false));
                    }
                }
            }
        }
    }
}
