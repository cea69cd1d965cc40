using System.Runtime.CompilerServices;
using NixRemote.StoreObjects;

namespace NixRemote.Stores;

/// <summary>A store that is given each path with a signature by our key.</summary>
/// <param name="inner">The store, owned from here on.</param>
/// <param name="signer">What signs.</param>
public class SigningStore(INixStore inner, PathSigner signer) : ForwardingStore(inner)
{
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
