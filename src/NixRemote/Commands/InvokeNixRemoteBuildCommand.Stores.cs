using System.Management.Automation;
using NixRemote.Builds;
using NixRemote.StoreObjects;
using NixRemote.Stores;
using NixRemote.Stores.BinaryCache;

namespace NixRemote.Commands;

/// <summary>What is brought where, and who signs it and is believed.</summary>
public sealed partial class InvokeNixRemoteBuildCommand
{
    /// <summary>Which outputs come to the destination: those of the goals, of all that was built for them, or none.</summary>
    [Parameter]
    public CopyOutputs CopyOutputs { get; set; }

    /// <summary>The file of a secret key that signs each path that is sent to a builder or to the destination.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SigningKey { get; set; }

    /// <summary>Refuse what builders and other machines give unless a trusted key or its content address vouches for it: outputs on their way here,
    /// and to other builders.</summary>
    [Parameter]
    public SwitchParameter RequireSignature { get; set; }

    /// <summary>Public keys that are trusted beside those of trusted-public-keys, for -RequireSignature and where -Store is a binary cache.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? TrustedPublicKey { get; set; }

    private static INixStore Signed(INixStore store, PathSigner? signer) => signer is null ? store : SigningStore.Of(store, signer);

    // What a cache gives must be signed, as where it is copied from.
    private INixStore Source(INixStore store, string? text, TrustedKeys keys) =>
        Settings.RequireSignatures && store is BinaryCacheStore { IsTrusted: false } ? new TrustingStore(store, keys) : Believed(store, text, keys);

    // With -RequireSignature all that comes from elsewhere; outputs are unpacked out of the destination, and may have been there before.
    private INixStore Believed(INixStore store, string? text, TrustedKeys keys) =>
        RequireSignature && StoreOf(text).Uri.Scheme is not (StoreScheme.Auto or StoreScheme.Daemon or StoreScheme.Local) ? TrustingStore.Of(store, keys) : store;

    private BuilderStore Prepared(BuilderStore builder, PathSigner? signer, TrustedKeys keys)
    {
        var store = RequireSignature ? TrustingStore.Of(builder.Store, keys) : builder.Store;
        return builder with { Store = signer is null ? store : SigningStore.Of(store, signer) };
    }

    // Files are read before anything is connected.
    private (PathSigner? Signer, TrustedKeys Keys) Keys()
    {
        try
        {
            return (SignerOf(SigningKey), TrustedKeysAnd(TrustedPublicKey));
        }
        catch (NixRemoteException exception)
        {
            ThrowNixError(exception);
            throw;
        }
    }
}
