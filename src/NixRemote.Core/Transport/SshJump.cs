using System.Globalization;

namespace NixRemote.Transport;

/// <summary>The hosts of ProxyJump: <c>[user@]host[:port]</c> or <c>ssh://</c> URIs, with commas between them.</summary>
internal static class SshJump
{
    /// <summary>Reads the list; the first host is the one to reach first.</summary>
    /// <param name="text">ProxyJump's value.</param>
    /// <param name="source">Where it is from, for messages.</param>
    /// <exception cref="NixRemoteException">SshConfigInvalid.</exception>
    public static IReadOnlyList<SshTarget> Parse(string text, string source)
    {
        var hosts = text.Split(',');
        if (hosts.Length > TransportLimits.MaxJumps)
        {
            throw Invalid(text, source, $"names more than {TransportLimits.MaxJumps} hosts");
        }

        return [.. hosts.Select(host => ParseHost(host.Trim(), text, source))];
    }

    private static SshTarget ParseHost(string written, string text, string source)
    {
        const string scheme = "ssh://";
        var uri = written.StartsWith(scheme, StringComparison.OrdinalIgnoreCase);
        var rest = uri ? written[scheme.Length..].TrimEnd('/') : written;
        var at = rest.LastIndexOf('@');
        var user = at < 0 ? null : uri ? Uri.UnescapeDataString(rest[..at]) : rest[..at];
        rest = rest[(at + 1)..];
        string host;
        if (rest.StartsWith('[') && rest.IndexOf(']') is > 0 and var close)
        {
            (host, rest) = (rest[1..close], rest[(close + 1)..]);
        }
        else
        {
            var colon = rest.IndexOf(':');
            (host, rest) = colon < 0 ? (rest, "") : (rest[..colon], rest[colon..]);
        }

        int? port = null;
        if (rest.Length > 0)
        {
            port = rest[0] == ':' && int.TryParse(rest.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 65536
                ? number
                : throw Invalid(text, source, $"has no port after '{host}'");
        }

        return host.Length > 0 && host[0] != '-' && user is not ("" or ['-', ..])
            ? new SshTarget { Host = host, User = user, Port = port }
            : throw Invalid(text, source, "must be [user@]host[:port], with commas between several");
    }

    private static NixRemoteException Invalid(string text, string source, string problem) =>
        new(NixErrors.SshConfigInvalid, $"{source}: ProxyJump '{text}' {problem}.") { Target = source };
}
