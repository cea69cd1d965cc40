namespace NixRemote.Stores;

/// <summary>A reference to a store (machines.md §3), parsed; <see cref="Text"/> keeps it as written.</summary>
public sealed record StoreUri
{
    /// <summary>As the user wrote it (after the <c>ssh://</c> rule of machines.md §2.4).</summary>
    public required string Text { get; init; }

    /// <summary>The kind.</summary>
    public required StoreScheme Scheme { get; init; }

    /// <summary>The user of an SSH URI, or null.</summary>
    public string? User { get; init; }

    /// <summary>The host of an SSH or HTTP URI, IPv6 without brackets; empty for others.</summary>
    public string Host { get; init; } = "";

    /// <summary>The port, or null.</summary>
    public int? Port { get; init; }

    /// <summary>The socket of a daemon, the root of a local store, the folder of a binary cache; null for the default.</summary>
    public string? Path { get; init; }

    /// <summary>The query, percent-decoded.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>Reads a store reference.</summary>
    /// <exception cref="NixRemoteException">StoreUriInvalid.</exception>
    public static StoreUri Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var question = text.IndexOf('?');
        var body = question < 0 ? text : text[..question];
        var parameters = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in question < 0 ? [] : text[(question + 1)..].Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=');
            if (equals > 0)
            {
                parameters[pair[..equals]] = Uri.UnescapeDataString(pair[(equals + 1)..]);
            }
        }

        var uri = new StoreUri { Text = text, Scheme = StoreScheme.Auto, Parameters = parameters };
        return body switch
        {
            "" or "auto" => uri,
            "daemon" => uri with { Scheme = StoreScheme.Daemon },
            "local" or "local://" => uri with { Scheme = StoreScheme.Local },
            _ when body.StartsWith('/') => uri with { Scheme = StoreScheme.Local, Path = body },
            _ when body.StartsWith("unix://", StringComparison.Ordinal) => uri with { Scheme = StoreScheme.Daemon, Path = body["unix://".Length..] },
            _ when body.StartsWith("file://", StringComparison.Ordinal) => uri with { Scheme = StoreScheme.File, Path = body["file://".Length..] },
            _ when body.StartsWith("ssh://", StringComparison.Ordinal) => Authority(uri with { Scheme = StoreScheme.Ssh }, body["ssh://".Length..]),
            _ when body.StartsWith("ssh-ng://", StringComparison.Ordinal) => Authority(uri with { Scheme = StoreScheme.SshNg }, body["ssh-ng://".Length..]),
            _ => throw new NixRemoteException(NixErrors.StoreUriInvalid, $"'{text}' is not a store URI.") { Target = text },
        };
    }

    /// <summary>As the user wrote it.</summary>
    public override string ToString() => Text;

    private static StoreUri Authority(StoreUri uri, string authority)
    {
        var at = authority.LastIndexOf('@');
        var host = authority[(at + 1)..].TrimEnd('/');
        int? port = null;
        var colon = host.LastIndexOf(':');
        if (colon > 0 && host.IndexOf(':') == colon && int.TryParse(host[(colon + 1)..], out var number))
        {
            port = number;
            host = host[..colon];
        }

        if (host.Length == 0)
        {
            throw new NixRemoteException(NixErrors.StoreUriInvalid, $"The store URI '{uri.Text}' names no host.") { Target = uri.Text };
        }

        return uri with { User = at < 0 ? null : authority[..at], Host = host, Port = port };
    }
}
