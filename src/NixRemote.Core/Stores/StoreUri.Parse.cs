using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace NixRemote.Stores;

public sealed partial record StoreUri
{
    /// <summary>Characters of the longest URI; nobody means longer ones.</summary>
    public const int MaxLength = 16 * 1024;

    private const int ShownCharacters = 200;

    /// <summary>Reads a store reference: <c>auto</c>, <c>daemon</c>, <c>local</c>, a path, or <c>scheme://…</c>, each with an optional
    /// query. A bare host name is not one; <see cref="WithSshPrefix"/> makes it one where Nix does.</summary>
    /// <exception cref="NixRemoteException">StoreUriInvalid: no such form, no or a bad host, a bad port, bad percent-encoding.</exception>
    public static StoreUri Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MaxLength)
        {
            throw Invalid(text, $"The store URI '{text}' is longer than {MaxLength} characters.");
        }

        var warnings = new List<string>();
        var question = text.IndexOf('?');
        var body = question < 0 ? text : text[..question];
        var parameters = ParseQuery(text, question < 0 ? null : text[(question + 1)..], warnings);
        var uri = ParseBody(text, body, parameters, warnings);
        WarnOfUnknownParameters(uri.Scheme, parameters, warnings);
        if (uri.IsSsh && parameters.TryGetValue("port", out var port))
        {
            uri = uri.Port is null ? uri with { Port = ParsePort(text, port) } : uri;
        }

        return warnings.Count == 0 ? uri : uri with { Warnings = warnings };
    }

    /// <summary>The rule for the first column of a machines file (machines.md §2.4): <c>ssh://</c> is prepended, unless the text contains
    /// <c>://</c> or <c>/</c>, or is one of the words auto, daemon and local, alone or before a query, or begins with <c>?</c>.</summary>
    public static string WithSshPrefix(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Contains('/') || text is "auto" or "daemon" or "local" || text.StartsWith('?') ||
            text.StartsWith("auto?", StringComparison.Ordinal) || text.StartsWith("daemon?", StringComparison.Ordinal) ||
            text.StartsWith("local?", StringComparison.Ordinal)
            ? text
            : "ssh://" + text;
    }

    /// <summary>A reference that is kept as text because no store can be opened by it, such as a bare host name in Lix's TOML.</summary>
    internal static StoreUri Unopenable(string text) => new() { Text = text, Scheme = StoreScheme.Other, Path = text };

    private static StoreUri ParseBody(string text, string body, IReadOnlyDictionary<string, string> parameters, List<string> warnings)
    {
        switch (body)
        {
            case "" or "auto":
                return Make(StoreScheme.Auto, null);
            case "daemon":
                return Make(StoreScheme.Daemon, null);
            case "local":
                return Make(StoreScheme.Local, null);
        }

        if (body.AsSpan().ContainsAnyInRange('\0', '\x1f') || body.Contains('\x7f'))
        {
            throw Invalid(text, "The store URI has a control character.");
        }

        var colon = body.IndexOf("://", StringComparison.Ordinal);
        if (colon > 0)
        {
            var rest = body.AsSpan(colon + 3);
            return ParseScheme(text, body.AsSpan(0, colon)) switch
            {
                var scheme and (StoreScheme.Ssh or StoreScheme.SshNg or StoreScheme.Http) => ParseAuthority(text, scheme, rest, parameters, warnings),
                StoreScheme.Other => Make(StoreScheme.Other, rest.ToString()),
                StoreScheme.File when rest.IsEmpty => throw Invalid(text, $"The store URI '{text}' names no folder."),
                var scheme => Make(scheme, DecodePath(text, rest)),
            };
        }

        // A Windows path counts on every system, so that one configuration reads alike everywhere; no URI begins like that.
        if (body.Contains('/') || (body.Length > 2 && char.IsAsciiLetter(body[0]) && body[1] == ':' && body[2] == '\\'))
        {
            return Make(StoreScheme.Local, body);
        }

        throw Invalid(text, $"'{text}' is not a store URI.", $"Write ssh://{body} or ssh-ng://{body} for a machine, ./{body} for a folder.");

        StoreUri Make(StoreScheme scheme, string? path) => new() { Text = text, Scheme = scheme, Path = path, Parameters = parameters };
    }

    private static StoreScheme ParseScheme(string text, ReadOnlySpan<char> scheme)
    {
        var isScheme = char.IsAsciiLetter(scheme[0]);
        foreach (var character in scheme)
        {
            isScheme &= char.IsAsciiLetterOrDigit(character) || character is '+' or '-' or '.';
        }

        return !isScheme ? throw Invalid(text, $"'{scheme}' in the store URI '{text}' is not a URI scheme.")
            : Is(scheme, "ssh") ? StoreScheme.Ssh
            : Is(scheme, "ssh-ng") ? StoreScheme.SshNg
            : Is(scheme, "http") || Is(scheme, "https") ? StoreScheme.Http
            : Is(scheme, "unix") ? StoreScheme.Daemon
            : Is(scheme, "local") ? StoreScheme.Local
            : Is(scheme, "file") ? StoreScheme.File
            : StoreScheme.Other;

        static bool Is(ReadOnlySpan<char> scheme, string name) => scheme.Equals(name, StringComparison.OrdinalIgnoreCase);
    }

    private static string? DecodePath(string text, ReadOnlySpan<char> path) => path.IsEmpty
        ? null
        : PercentEncoding.Decode(path.ToString()) ?? throw Invalid(text, $"The path of the store URI '{text}' is not valid percent-encoding of text.", "Write a literal % as %25.");

    // authority = [user[:password]@]host[:port], host = name / IPv4 / "[" IPv6 ["%25" zone] "]"
    // Nix accepts IPv6 without brackets too; then there cannot be a port, and a "%" starts the zone as it stands.
    private static StoreUri ParseAuthority(
        string text, StoreScheme scheme, ReadOnlySpan<char> rest, IReadOnlyDictionary<string, string> parameters, List<string> warnings)
    {
        var isSsh = scheme is StoreScheme.Ssh or StoreScheme.SshNg;
        var slash = rest.IndexOf('/');
        var authority = slash < 0 ? rest : rest[..slash];
        var path = slash < 0 ? [] : rest[slash..];
        if (isSsh && path.Length > 1)
        {
            warnings.Add($"The path '{path}' behind the host means nothing to Nix.");
        }

        var at = authority.LastIndexOf('@');
        var (host, port) = ParseHost(text, authority[(at + 1)..].ToString());
        return new StoreUri
        {
            Text = text,
            Scheme = scheme,
            User = at < 0 ? null : ParseUser(text, authority[..at].ToString(), warnings),
            Host = host,
            Port = port,
            Path = path.IsEmpty || isSsh ? null : path.ToString(),
            Parameters = parameters,
        };
    }

    private static string ParseUser(string text, string userinfo, List<string> warnings)
    {
        var colon = userinfo.IndexOf(':');
        if (colon >= 0)
        {
            warnings.Add("A password in a store URI is never used.");
        }

        var user = PercentEncoding.Decode(colon < 0 ? userinfo : userinfo[..colon]);
        return user switch
        {
            null => throw Invalid(text, $"The user in the store URI '{text}' is not valid percent-encoding of text.", "Write a literal % as %25."),
            "" => throw Invalid(text, $"The user before the '@' of the store URI '{text}' is empty.", "Write a user name before the '@', or no '@'."),
            _ when user[0] == '-' => throw Invalid(text, $"The user '{user}' in the store URI '{text}' begins with '-': ssh would take it for an option."),
            _ => user,
        };
    }

    private static (string Host, int? Port) ParseHost(string text, string hostAndPort)
    {
        if (hostAndPort.StartsWith('['))
        {
            var end = hostAndPort.IndexOf(']');
            var behind = end < 0 ? "" : hostAndPort[(end + 1)..];
            if (end < 0 || (behind.Length > 0 && behind[0] != ':'))
            {
                throw Invalid(text, $"The brackets in the store URI '{text}' do not enclose a host.", "Write an IPv6 address as [::1] or [::1]:2222.");
            }

            var address = hostAndPort[1..end];
            var percent = address.IndexOf('%');
            if (percent >= 0 && address.Length > percent + 3 && address.AsSpan(percent).StartsWith("%25"))
            {
                // The zone's % is itself encoded, as RFC 6874 has it.
                var zone = PercentEncoding.Decode(address[(percent + 3)..]) ?? throw NotIPv6(text, address);
                address = $"{address[..percent]}%{zone}";
            }

            return IsIPv6(address) ? (address, behind.Length > 1 ? ParsePort(text, behind[1..]) : null) : throw NotIPv6(text, address);
        }

        var colon = hostAndPort.IndexOf(':');
        if (colon >= 0 && hostAndPort.IndexOf(':', colon + 1) >= 0)
        {
            return IsIPv6(hostAndPort) ? (hostAndPort, null) : throw NotIPv6(text, hostAndPort);
        }

        var name = PercentEncoding.Decode(colon < 0 ? hostAndPort : hostAndPort[..colon]);
        if (name is null || !IsHostName(name))
        {
            throw Invalid(text, $"The host in the store URI '{text}' has characters that no host name has.");
        }

        return name switch
        {
            "" => throw Invalid(text, $"The store URI '{text}' names no host."),
            _ when name[0] == '-' => throw Invalid(text, $"The host '{name}' in the store URI '{text}' begins with '-': ssh would take it for an option."),
            _ => (name, colon < 0 || colon == hostAndPort.Length - 1 ? null : ParsePort(text, hostAndPort[(colon + 1)..])),
        };
    }

    private static bool IsHostName(string name)
    {
        foreach (var character in name)
        {
            if (char.IsWhiteSpace(character) || character is '/' or '\\' or '@' or '[' or ']' or '"' or '<' or '>')
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsIPv6(string address)
    {
        // The zone is any text: IPAddress knows only those of this machine.
        var percent = address.IndexOf('%');
        return IPAddress.TryParse(percent < 0 ? address : address[..percent], out var parsed) && parsed.AddressFamily == AddressFamily.InterNetworkV6 &&
            percent != address.Length - 1 && !address.Contains('[') && !address.Contains('/');
    }

    private static int ParsePort(string text, string port) =>
        int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 65535
            ? number
            : throw Invalid(text, $"The port '{port}' in the store URI '{text}' is not a number from 1 to 65535.");

    private static NixRemoteException NotIPv6(string text, string address) =>
        Invalid(text, $"'{address}' in the store URI '{text}' is not an IPv6 address.", "Write an IPv6 address as [::1] or [::1]:2222.");

    private static NixRemoteException Invalid(string text, string message, string? cure = null)
    {
        // What is wrong with a long text shows at its begin as well as anywhere.
        var shown = text.Length > ShownCharacters ? message.Replace(text, text[..ShownCharacters] + "…", StringComparison.Ordinal) : message;
        var failure = new NixRemoteException(NixErrors.StoreUriInvalid, shown.Length > 4 * ShownCharacters ? shown[..(4 * ShownCharacters)] + "…" : shown) { Target = text };
        if (cure is not null)
        {
            failure.RecommendedAction = cure;
        }

        return failure;
    }
}
