using System.Diagnostics;
using System.Management.Automation;
using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Commands;

/// <summary><c>Copy-NixClosure</c>: copies paths with all that they refer to from one store to another.</summary>
[Cmdlet(VerbsCommon.Copy, "NixClosure", SupportsShouldProcess = true)]
[OutputType(typeof(NixClosureCopy))]
public sealed class CopyNixClosureCommand : StoreCmdlet
{
    private readonly List<StorePath> _paths = [];

    /// <summary>The store paths to copy; of a build result, its outputs.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [StorePathTransformation]
    [ValidateNotNullOrEmpty]
    public string[]? Path { get; set; }

    /// <summary>The store to copy to: a URI or the name of a configured builder. Default: the local store.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BuilderNameCompleter))]
    public string? To { get; set; }

    /// <summary>The store to copy from: a URI or the name of a configured builder. Default: the local store.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BuilderNameCompleter))]
    public string? From { get; set; }

    /// <summary>Let the store that is copied to fetch what it can from its substituters first.</summary>
    [Parameter]
    public SwitchParameter UseSubstitutes { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var text in Path ?? [])
        {
            try
            {
                _paths.Add(StorePath.Parse(text));
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
        if (_paths.Count == 0)
        {
            return;
        }

        if (From is null && To is null)
        {
            ThrowNixError(new NixRemoteException(NixErrors.StoreUriInvalid, "From the local store to the local store there is nothing to copy.")
            {
                RecommendedAction = "Name the other store with -To or -From.",
            });
        }

        if (ShouldProcess(string.Join(", ", _paths), $"Copy closure from {From ?? "the local store"} to {To ?? "the local store"}"))
        {
            RunInBackground(CopyAsync);
        }
    }

    private async Task CopyAsync(PipelineRecords records, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var stores = Stores(records);
        await using var from = OpenStore(stores, From);
        await using var to = OpenStore(stores, To);
        var progress = new CopyProgressRecords(records);
        var result = await ClosureCopy.CopyClosureAsync(
            from, to, _paths, new CopyOptions { Substitute = UseSubstitutes }, progress, cancellationToken).ConfigureAwait(false);
        progress.Complete();
        records.Object(new NixClosureCopy
        {
            From = from.Name,
            To = to.Name,
            Roots = _paths,
            Copied = result.Copied.Count,
            Skipped = result.Skipped.Count,
            Bytes = result.Bytes,
            Time = clock.Elapsed,
        });
    }
}
