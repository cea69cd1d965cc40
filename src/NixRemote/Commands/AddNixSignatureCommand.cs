using System.Management.Automation;
using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Commands;

/// <summary><c>Add-NixSignature</c>: signs paths in the store where they are.</summary>
[Cmdlet(VerbsCommon.Add, "NixSignature", SupportsShouldProcess = true)]
[OutputType(typeof(NixPathSignature))]
public sealed class AddNixSignatureCommand : StorePathCmdlet
{
    /// <summary>The file of the secret key.</summary>
    [Parameter(Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string? SigningKey { get; set; }

    /// <summary>The store that has the paths: a URI or the name of a configured builder. Default: the local one.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BuilderNameCompleter))]
    public string? Store { get; set; }

    /// <summary>Sign all that the paths refer to as well.</summary>
    [Parameter]
    public SwitchParameter Recurse { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (Paths.Count == 0)
        {
            return;
        }

        PathSigner signer;
        try
        {
            signer = SignerOf(SigningKey)!;
        }
        catch (NixRemoteException exception)
        {
            ThrowNixError(exception);
            return;
        }

        if (ShouldProcess(string.Join(", ", Paths), $"Sign in {Store ?? "the local store"} as {signer.PublicKey.Name}"))
        {
            RunInBackground((records, cancellationToken) => SignAsync(signer, records, cancellationToken));
        }
    }

    private async Task SignAsync(PathSigner signer, PipelineRecords records, CancellationToken cancellationToken)
    {
        await using var store = OpenStore(Stores(records), Store);
        if (store is not ISignatureStore signed)
        {
            throw new NixRemoteException(NixErrors.StoreTakesNoSignatures, $"{store.Name} takes no signatures.") { Builder = store.Name };
        }

        var infos = Recurse
            ? await ClosureCopy.QueryClosureAsync(store, Paths, cancellationToken).ConfigureAwait(false)
            : await store.QueryPathInfosAsync([.. Paths.Distinct()], cancellationToken).ConfigureAwait(false);
        foreach (var path in Paths.Distinct().Where(path => !infos.ContainsKey(path)))
        {
            records.Error(NixStoreExtensions.NotValid(store, path));
        }

        foreach (var info in ClosureOrder.ReferencesFirst([.. infos.Values]))
        {
            var signature = signer.SignatureOf(info);
            await signed.AddSignaturesAsync(info.Path, [signature], cancellationToken).ConfigureAwait(false);
            records.Object(new NixPathSignature { Path = info.Path.ToString(), Store = store.Name, Signature = signature });
        }
    }
}
