using System.Runtime.CompilerServices;
using NixRemote.StoreObjects;

namespace NixRemote.Stores;

/// <summary>A store that is given each path with a signature by our key.</summary>
/// <param name="inner">The store, owned from here on.</param>
/// <param name="signer">What signs.</param>
public sealed class SigningStore(INixStore inner, PathSigner signer) : ForwardingStore(inner)
{
    /// <summary>Wraps a store so that it can still build if it could.</summary>
    /// <inheritdoc cref="SigningStore(INixStore, PathSigner)" path="/param"/>
    public static INixStore Of(INixStore inner, PathSigner signer) => inner is IBuildStore builder ? Of(builder, signer) : new SigningStore(inner, signer);

    /// <summary>Wraps a store that can build so that it still can.</summary>
    /// <inheritdoc cref="SigningStore(INixStore, PathSigner)" path="/param"/>
    public static IBuildStore Of(IBuildStore inner, PathSigner signer) => new ForwardingBuildStore(inner, new SigningStore(inner, signer));

    /// <inheritdoc/>
    public override Task AddPathsAsync(int count, IAsyncEnumerable<NarItem> items, CancellationToken cancellationToken) =>
        Inner.AddPathsAsync(count, SignAsync(items, cancellationToken), cancellationToken);

    private async IAsyncEnumerable<NarItem> SignAsync(IAsyncEnumerable<NarItem> items, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var item in items.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return item with { Info = signer.Sign(item.Info) };
        }
    }
}
