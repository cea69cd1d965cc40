namespace NixRemote.Stores;

public sealed partial record StoreUri
{
    /// <summary>Settings of every kind of store.</summary>
    private static readonly string[] _genericParameters =
        ["path-info-cache-size", "priority", "real", "root", "state", "store", "system-features", "trusted", "want-mass-query", "log"];

    private static readonly string[] _sshParameters =
        ["base64-ssh-public-host-key", "compress", "log-fd", "max-connections", "port", "remote-program", "remote-store", "ssh-key"];

    private static readonly string[] _daemonParameters = ["max-connections", "max-connection-age"];

    private static readonly string[] _localParameters =
        ["build-dir", "check-mount", "ignore-gc-delete-failure", "lower-store", "read-only", "remount-hook", "require-sigs", "upper-layer", "use-roots-daemon"];

    private static readonly string[] _binaryCacheParameters =
        ["compression", "compression-level", "index-debug-info", "local-nar-cache", "parallel-compression", "secret-key", "secret-keys", "write-nar-listing",
         "narinfo-compression", "ls-compression", "log-compression"];

    /// <summary>The parameters that a store of this kind knows (machines.md §3), in the order of their names; empty if the kind is not known.</summary>
    public static IReadOnlyList<string> KnownParameters(StoreScheme scheme)
    {
        IEnumerable<string> own = scheme switch
        {
            StoreScheme.Ssh => _sshParameters,
            StoreScheme.SshNg => [.. _sshParameters, "max-connection-age"],
            StoreScheme.Daemon => _daemonParameters,
            StoreScheme.Local => _localParameters,
            StoreScheme.File or StoreScheme.Http => _binaryCacheParameters,
            StoreScheme.Auto => [.. _daemonParameters, .. _localParameters],
            _ => [],
        };
        return scheme == StoreScheme.Other ? [] : [.. _genericParameters.Concat(own).Order(StringComparer.Ordinal)];
    }

    /// <summary>Reads <c>k=v&amp;…</c>: raw blanks and quotes are allowed, a piece without <c>=</c> is ignored with a warning, of equal
    /// keys the first counts. Only the first <c>?</c> of a URI starts the query, so a value may hold a store URI with its own.</summary>
    private static IReadOnlyDictionary<string, string> ParseQuery(string text, string? query, List<string> warnings)
    {
        if (string.IsNullOrEmpty(query))
        {
            return _emptyParameters;
        }

        var parameters = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var piece in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = piece.IndexOf('=');
            if (equals <= 0)
            {
                warnings.Add(equals < 0
                    ? $"The piece '{piece}' of the query has no '=' and is ignored."
                    : $"The piece '{piece}' of the query has no name before its '=' and is ignored.");
                continue;
            }

            var name = PercentEncoding.Decode(piece[..equals]);
            var value = PercentEncoding.Decode(piece[(equals + 1)..]);
            if (name is null || value is null)
            {
                throw Invalid(text, $"The parameter '{piece}' of the store URI '{text}' is not valid percent-encoding of text.",
                    "Write a literal % as %25.");
            }

            if (!parameters.TryAdd(name, value))
            {
                warnings.Add($"The parameter '{name}' is given twice; the first one counts.");
            }
        }

        return parameters;
    }

    private static void WarnOfUnknownParameters(StoreScheme scheme, IReadOnlyDictionary<string, string> parameters, List<string> warnings)
    {
        if (scheme == StoreScheme.Other || parameters.Count == 0)
        {
            return;
        }

        var known = KnownParameters(scheme);
        foreach (var name in parameters.Keys.Where(name => !known.Contains(name)))
        {
            warnings.Add($"The parameter '{name}' is not one that a store of this kind knows; Nix ignores it.");
        }
    }
}
