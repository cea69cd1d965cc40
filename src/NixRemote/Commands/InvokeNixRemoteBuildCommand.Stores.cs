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

    /// <summary>Public keys that are trusted beside those of trusted-public-keys where -Store is a binary cache.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? TrustedPublicKey { get; set; }

    private static INixStore Signed(INixStore store, PathSigner? signer) => (store, signer) switch
    {
        (_, null) => store,
        (IBuildStore builder, _) => new SigningBuildStore(builder, signer),
        _ => new SigningStore(store, signer),
    };

    // What a cache gives must be signed, as where it is copied from.
    private INixStore Believed(INixStore store, TrustedKeys keys) =>
        Settings.RequireSignatures && store is BinaryCacheStore { IsTrusted: false } ? new TrustingStore(store, keys) : store;

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
