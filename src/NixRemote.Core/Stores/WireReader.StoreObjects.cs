using NixRemote.StoreObjects;

namespace NixRemote.Stores;

public sealed partial class WireReader
{
    /// <summary><c>StorePath</c>: a string with the full path.</summary>
    /// <exception cref="ProtocolException">ProtocolViolation: it is not a store path of /nix/store. LimitExceeded.</exception>
    public async ValueTask<StorePath> ReadPathAsync(string what, CancellationToken cancellationToken)
    {
        var offset = Position;
        return ToPath(await ReadTextAsync(WireLimits.PathBytes, what, cancellationToken).ConfigureAwait(false), offset, what);
    }

    /// <summary><c>optional&lt;StorePath&gt;</c>: a string; empty if absent.</summary>
    /// <exception cref="ProtocolException">As for <see cref="ReadPathAsync"/>.</exception>
    public async ValueTask<StorePath?> ReadOptionalPathAsync(string what, CancellationToken cancellationToken)
    {
        var offset = Position;
        var text = await ReadTextAsync(WireLimits.PathBytes, what, cancellationToken).ConfigureAwait(false);
        return text.Length == 0 ? null : ToPath(text, offset, what);
    }

    /// <summary><c>set&lt;StorePath&gt;</c>: u64 count, the paths. Any order and duplicates are taken, as every Nix does.</summary>
    /// <exception cref="ProtocolException">LimitExceeded: more than <paramref name="limit"/>. ProtocolViolation.</exception>
    public async ValueTask<SortedSet<StorePath>> ReadPathSetAsync(int limit, string what, CancellationToken cancellationToken)
    {
        var count = await ReadNumberAsync(limit, "the number of " + what, cancellationToken).ConfigureAwait(false);
        var paths = new SortedSet<StorePath>();
        for (var i = 0; i < count; i++)
        {
            paths.Add(await ReadPathAsync(what, cancellationToken).ConfigureAwait(false));
        }

        return paths;
    }

    /// <summary><c>set&lt;string&gt;</c>: u64 count, the strings.</summary>
    /// <exception cref="ProtocolException">LimitExceeded, ProtocolViolation.</exception>
    public async ValueTask<SortedSet<string>> ReadTextSetAsync(int limit, int textLimit, string what, CancellationToken cancellationToken)
    {
        var count = await ReadNumberAsync(limit, "the number of " + what, cancellationToken).ConfigureAwait(false);
        var texts = new SortedSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            texts.Add(await ReadTextAsync(textLimit, what, cancellationToken).ConfigureAwait(false));
        }

        return texts;
    }

    /// <summary>A SHA-256 in any of its text forms, with or without <c>sha256:</c>.</summary>
    /// <exception cref="ProtocolException">ProtocolViolation.</exception>
    public async ValueTask<NixHash> ReadSha256Async(string what, CancellationToken cancellationToken)
    {
        var offset = Position;
        var text = await ReadTextAsync(WireLimits.TokenBytes, what, cancellationToken).ConfigureAwait(false);
        return NixHash.TryParse(text, NixHashAlgorithm.Sha256, out var hash)
            ? hash
            : throw Violation(offset, $"{what} must be a SHA-256, but is '{text}'");
    }

    /// <summary><c>optional&lt;ContentAddress&gt;</c>: a string; empty if absent.</summary>
    /// <exception cref="ProtocolException">LimitExceeded, ProtocolViolation.</exception>
    public async ValueTask<string?> ReadContentAddressAsync(CancellationToken cancellationToken)
    {
        var text = await ReadTextAsync(WireLimits.TokenBytes, "the content address", cancellationToken).ConfigureAwait(false);
        return text.Length == 0 ? null : text;
    }

    private static StorePath ToPath(string text, long offset, string what) =>
        StorePath.TryParse(text, out var path)
            ? path
            : throw Violation(offset, $"{what} must be a store path, but is '{(text.Length <= 300 ? text : text[..300] + "…")}'");
}
