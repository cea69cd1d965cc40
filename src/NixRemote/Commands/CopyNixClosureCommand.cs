using System.Diagnostics;
using System.Management.Automation;
using NixRemote.StoreObjects;
using NixRemote.Stores;
using NixRemote.Stores.BinaryCache;

namespace NixRemote.Commands;

/// <summary><c>Copy-NixClosure</c>: copies paths with all that they refer to from one store to another.</summary>
[Cmdlet(VerbsCommon.Copy, "NixClosure", DefaultParameterSetName = UsualSet, SupportsShouldProcess = true)]
[OutputType(typeof(NixClosureCopy))]
public sealed class CopyNixClosureCommand : StorePathCmdlet
{
    private const string UsualSet = "Usual";
    private const string RequireSet = "RequireSignature";
    private const string NoCheckSet = "NoCheckSignature";

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

    /// <summary>Copy the outputs of the derivations in the closure too, as far as they are there.</summary>
    [Parameter]
    public SwitchParameter IncludeOutputs { get; set; }

    /// <summary>The file of a secret key that signs each path on its way.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SigningKey { get; set; }

    /// <summary>Refuse paths that neither a trusted key nor their content address vouches for, wherever they come from.</summary>
    [Parameter(ParameterSetName = RequireSet)]
    public SwitchParameter RequireSignature { get; set; }

    /// <summary>Take paths of a binary cache without a signature.</summary>
    [Parameter(ParameterSetName = NoCheckSet)]
    public SwitchParameter NoCheckSignature { get; set; }

    /// <summary>Public keys that are trusted beside those of trusted-public-keys.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? TrustedPublicKey { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (Paths.Count == 0)
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

        // Files are read before anything is connected.
        PathSigner? signer = null;
        TrustedKeys? keys = null;
        try
        {
            signer = SignerOf(SigningKey);
            keys = NoCheckSignature ? null : TrustedKeysAnd(TrustedPublicKey);
        }
        catch (NixRemoteException exception)
        {
            ThrowNixError(exception);
        }

        if (ShouldProcess(string.Join(", ", Paths), $"Copy closure from {StoreUri.WithoutLogin(From) ?? "the local store"} to {StoreUri.WithoutLogin(To) ?? "the local store"}"))
        {
            RunInBackground((records, cancellationToken) => CopyAsync(signer, keys, records, cancellationToken));
        }
    }

    // As Nix: what a cache gives to a store must be signed, but for a cache that its URI calls trusted; machines are believed.
    private bool MustBeSigned(INixStore from, INixStore to) =>
        RequireSignature || (Settings.RequireSignatures && from is BinaryCacheStore { IsTrusted: false } && to is not BinaryCacheStore);

    private async Task CopyAsync(PathSigner? signer, TrustedKeys? keys, PipelineRecords records, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var stores = Stores(records);
        await using var source = OpenStore(stores, From);
        await using var target = OpenStore(stores, To);
        var from = keys is not null && MustBeSigned(source, target) ? new TrustingStore(source, keys) : source;
        var to = signer is null ? target : new SigningStore(target, signer);
        var progress = new CopyProgressRecords(records);
        var result = await ClosureCopy.CopyClosureAsync(
            from, to, Paths, new CopyOptions { Substitute = UseSubstitutes, IncludeOutputs = IncludeOutputs }, progress, cancellationToken).ConfigureAwait(false);
        progress.Complete();
        records.Object(new NixClosureCopy
        {
            From = from.Name,
            To = to.Name,
            Roots = [.. Paths.Select(p => p.ToString())],
            Paths = [.. result.Copied.Select(p => p.ToString())],
            Copied = result.Copied.Count,
            Skipped = result.Skipped.Count,
            Bytes = result.Bytes,
            Time = clock.Elapsed,
        });
    }
}
