using Renci.SshNet;

namespace NixRemote.Adapters.Ssh;

/// <summary>
/// Logging in with keys, one after the other. SSH.NET tells how all of them ended; which of them it offered is seen from what it takes of them, and
/// offering the next one means that the server has refused the one before.
/// </summary>
internal sealed class PublicKeyLogin : PrivateKeyAuthenticationMethod
{
    /// <summary>Keys that a message names; an agent can hold hundreds.</summary>
    private const int MaxNamed = 10;

    private readonly IReadOnlyList<Identity> _identities;
    private readonly IReadOnlyList<string> _leftOut;
    private volatile int _offered;
    private volatile bool _hasSigned;

    /// <param name="user">The user.</param>
    /// <param name="identities">The keys, in the order to try.</param>
    /// <param name="leftOut">Keys that are there and not offered, for IdentitiesOnly.</param>
    public PublicKeyLogin(string user, IReadOnlyList<Identity> identities, IReadOnlyList<string> leftOut)
        : this(user, identities, leftOut, [.. identities.Select(_ => new Watch())])
    {
    }

    private PublicKeyLogin(string user, IReadOnlyList<Identity> identities, IReadOnlyList<string> leftOut, Watch[] watches)
        : base(user, [.. identities.Select((identity, i) => watches[i].Over(identity))])
    {
        _identities = identities;
        _leftOut = leftOut;
        for (var i = 0; i < watches.Length; i++)
        {
            var count = i + 1;
            watches[i].Offered = () => _offered = Math.Max(_offered, count);
            watches[i].Signed = () => _hasSigned = true;
        }
    }

    /// <summary>How the keys ended; null: the server has not answered about the last one.</summary>
    public AuthenticationResult? Result { get; private set; }

    /// <summary>Whether one of them was asked for a signature.</summary>
    public bool HasSigned => _hasSigned;

    /// <inheritdoc/>
    public override AuthenticationResult Authenticate(Session session)
    {
        Result = null;
        var result = base.Authenticate(session);
        Result = result;
        return result;
    }

    /// <summary>What became of each key, in words: those that were refused, accepted, not answered, not tried, left out.</summary>
    /// <param name="hungUp">Whether the server ended the login with a refusal, which is its answer to the last key.</param>
    public string Describe(bool hungUp = false)
    {
        if (_identities.Count == 0)
        {
            return "no key was there to offer" + LeftOut();
        }

        var tried = _identities.Take(_offered).ToList();
        var last = tried.LastOrDefault();
        var isOpen = Result is null && !hungUp;
        var isLastRefused = !isOpen && (Result is null or AuthenticationResult.Failure);
        var refused = last is null || isLastRefused ? tried : tried[..^1];
        List<string> parts = [];
        if (refused.Count > 0)
        {
            parts.Add("it refused " + Names(refused));
        }

        if (last is not null && refused.Count < tried.Count)
        {
            parts.Add(isOpen ? $"it did not answer to {last}" : $"it accepted {last}");
        }

        if (tried.Count < _identities.Count)
        {
            parts.Add((tried.Count == 0 ? "not tried: " : "not tried any more: ") + Names(_identities.Skip(tried.Count)));
        }

        return string.Join("; ", parts) + LeftOut();
    }

    private string LeftOut() => _leftOut.Count == 0 ? "" : "; left out, for IdentitiesOnly is set: " + Names(_leftOut);

    private static string Names(IEnumerable<object> keys)
    {
        var all = keys.ToList();
        return string.Join(", ", all.Take(MaxNamed)) + (all.Count > MaxNamed ? $" and {all.Count - MaxNamed} more" : "");
    }

    private sealed class Watch
    {
        public Action Offered { get; set; } = () => { };

        public Action Signed { get; set; } = () => { };

        public Identity Over(Identity identity) => identity with
        {
            HostKeyAlgorithms = [.. identity.HostKeyAlgorithms.Select(key => new WatchedAlgorithm(key, () => Offered(), () => Signed()))],
        };
    }
}
