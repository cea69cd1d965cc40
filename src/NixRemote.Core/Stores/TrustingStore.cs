using System.Runtime.CompilerServices;
using NixRemote.StoreObjects;

namespace NixRemote.Stores;

/// <summary>A store whose paths leave it only if their content address or a trusted key vouches for them (nar.md §4.3).</summary>
/// <param name="inner">The store, owned from here on.</param>
/// <param name="keys">The keys that are trusted.</param>
public sealed class TrustingStore(INixStore inner, TrustedKeys keys) : ForwardingStore(inner)
{
    /// <summary>Wraps a store so that it can still build if it could.</summary>
    /// <inheritdoc cref="TrustingStore(INixStore, TrustedKeys)" path="/param"/>
    public static INixStore Of(INixStore inner, TrustedKeys keys) => inner is IBuildStore builder ? Of(builder, keys) : new TrustingStore(inner, keys);

    /// <summary>Wraps a store that can build so that it still can.</summary>
    /// <inheritdoc cref="TrustingStore(INixStore, TrustedKeys)" path="/param"/>
    public static IBuildStore Of(IBuildStore inner, TrustedKeys keys) => new ForwardingBuildStore(inner, new TrustingStore(inner, keys));

    /// <inheritdoc/>
    /// <remarks>None: whoever reads a file asks nobody who vouches for it.</remarks>
    public override string? FileOf(StorePath path) => null;

    /// <inheritdoc/>
    /// <exception cref="NixRemoteException">SignatureMissing, before any archive comes.</exception>
    public override async IAsyncEnumerable<NarItem> ReadNarsAsync(
        IReadOnlyList<PathInfo> paths, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A signature is of hash and size, and those are what the archives are checked against on their way.
        foreach (var info in paths)
        {
            keys.Demand(info, Name);
        }

        await foreach (var item in Inner.ReadNarsAsync(paths, cancellationToken))
        {
            yield return item;
        }
    }
}
