using System.Text.RegularExpressions;

namespace NixRemote.Transport;

/// <summary>What the OpenSSH client says when it cannot connect, by name.</summary>
internal static partial class OpenSshFailures
{
    /// <summary>What stands in the lines, and what it means; the first row that fits counts.</summary>
    private static readonly (Regex Text, ErrorDefinition Definition)[] _rows =
    [
        (Resolve(), NixErrors.HostNotFound),
        (Options(), NixErrors.SshConfigInvalid),
        (Changed(), NixErrors.HostKeyChanged),
        (Revoked(), NixErrors.HostKeyRevoked),
        (Unknown(), NixErrors.HostKeyUnknown),
        (Cipher(), NixErrors.NoCommonCipher),
        (KeyExchange(), NixErrors.NoCommonKeyExchange),
        (Mac(), NixErrors.NoCommonMac),
        (HostKeyAlgorithm(), NixErrors.NoCommonHostKeyAlgorithm),
        (TooMany(), NixErrors.TooManyKeys),
        (TooOpen(), NixErrors.IdentityFileTooOpen),
        (AgentRefuses(), NixErrors.AgentRefused),
        (NoPublicKeys(), NixErrors.AuthenticationMethodMissing),
        (Denied(), NixErrors.AuthenticationRejected),
        (Forward(), NixErrors.ProxyJumpRefused),
        (Startups(), NixErrors.ServerBusy),
        (BannerTimeout(), NixErrors.ServerSilent),
        (NotSsh(), NixErrors.NotAnSshServer),
        (Refused(), NixErrors.ConnectionRefused),
        (TimedOut(), NixErrors.ConnectionTimeout),
        (NoWay(), NixErrors.HostUnreachable),
        (Dropped(), NixErrors.ConnectionDropped),
    ];

    /// <summary>Names the cause.</summary>
    /// <param name="config">The connection.</param>
    /// <param name="lines">What ssh -v has written.</param>
    /// <param name="status">Its exit status.</param>
    public static NixRemoteException Explain(SshHostConfig config, IReadOnlyList<string> lines, int? status)
    {
        var definition = NixErrors.OpenSshFailed;
        var telling = lines.LastOrDefault(line => !line.StartsWith("debug", StringComparison.Ordinal) && line.Trim().Length > 0) ?? $"exit status {status}";
        foreach (var (text, row) in _rows)
        {
            if (lines.LastOrDefault(line => text.IsMatch(line)) is { } found)
            {
                (definition, telling) = (row, found);
                break;
            }
        }

        // It hung up, but not before it had said anything.
        if (definition == NixErrors.ConnectionDropped && lines.Any(line => line.StartsWith("debug1: SSH2_MSG_SERVICE_ACCEPT", StringComparison.Ordinal)))
        {
            definition = NixErrors.AuthenticationInterrupted;
        }

        // With a proxy in between, these are about it: ssh itself does not connect to anything.
        if (IsAboutTheWay(definition) && lines.Any(line => line.Contains("UNKNOWN port 65535", StringComparison.Ordinal) || line.Contains("via proxy", StringComparison.Ordinal)))
        {
            definition = config.ProxyJump is not null || config.ProxyCommand is null ? NixErrors.ProxyJumpFailed : NixErrors.ProxyCommandFailed;
        }

        var words = StandardErrorLog.StripControlSequences(telling.StartsWith("debug1: ", StringComparison.Ordinal) ? telling["debug1: ".Length..] : telling).Trim().TrimEnd('.');
        return new NixRemoteException(definition, $"ssh does not connect to {config}: {words}{Offered(definition, lines)}.")
        {
            StandardErrorTail = string.Join('\n', lines.Where(line => !line.StartsWith("debug", StringComparison.Ordinal)).TakeLast(StandardErrorLog.TailLines)),
        };
    }

    /// <summary>The keys that were offered, where that matters.</summary>
    private static string Offered(ErrorDefinition definition, IReadOnlyList<string> lines)
    {
        if (definition != NixErrors.AuthenticationRejected && definition != NixErrors.TooManyKeys && definition != NixErrors.AuthenticationInterrupted)
        {
            return "";
        }

        // "debug1: Offering public key: PATH-OR-COMMENT TYPE SHA256:... explicit"
        const string mark = "debug1: Offering public key: ";
        var keys = lines.Where(line => line.StartsWith(mark, StringComparison.Ordinal)).Select(line => line[mark.Length..].Trim().Replace(" explicit", "", StringComparison.Ordinal)).ToList();
        return keys.Count == 0 ? "; no key was there to offer" : "; it offered " + StandardErrorLog.StripControlSequences(string.Join(", ", keys));
    }

    private static bool IsAboutTheWay(ErrorDefinition definition) => definition == NixErrors.OpenSshFailed || definition == NixErrors.ConnectionDropped || definition == NixErrors.AuthenticationInterrupted
        || definition == NixErrors.HostNotFound || definition == NixErrors.ConnectionRefused || definition == NixErrors.ConnectionTimeout
        || definition == NixErrors.HostUnreachable || definition == NixErrors.AuthenticationRejected;

    [GeneratedRegex("Could not resolve hostname")]
    private static partial Regex Resolve();

    [GeneratedRegex("Bad configuration option|Bad owner or permissions|terminating, \\d+ bad configuration|Invalid .* argument|command-line: line \\d+:|: Can't open user config file")]
    private static partial Regex Options();

    [GeneratedRegex("REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for .* has changed")]
    private static partial Regex Changed();

    [GeneratedRegex("REVOKED HOST KEY|is marked as revoked|host key .* was revoked")]
    private static partial Regex Revoked();

    [GeneratedRegex("Host key verification failed|No .* host key is known for")]
    private static partial Regex Unknown();

    [GeneratedRegex("no matching cipher found")]
    private static partial Regex Cipher();

    [GeneratedRegex("no matching key exchange method found")]
    private static partial Regex KeyExchange();

    [GeneratedRegex("no matching MAC found")]
    private static partial Regex Mac();

    [GeneratedRegex("no matching host key type found")]
    private static partial Regex HostKeyAlgorithm();

    [GeneratedRegex("Too many authentication failures")]
    private static partial Regex TooMany();

    [GeneratedRegex("UNPROTECTED PRIVATE KEY FILE|Permissions .* for '.*' are too open")]
    private static partial Regex TooOpen();

    [GeneratedRegex("agent refused operation")]
    private static partial Regex AgentRefuses();

    [GeneratedRegex(@"Permission denied \((?!.*publickey)")]
    private static partial Regex NoPublicKeys();

    [GeneratedRegex(@"Permission denied \(")]
    private static partial Regex Denied();

    [GeneratedRegex("stdio forwarding failed|open failed: (administratively prohibited|connect failed)")]
    private static partial Regex Forward();

    [GeneratedRegex("Exceeded MaxStartups|Not allowed at this time")]
    private static partial Regex Startups();

    [GeneratedRegex("timed out during banner exchange")]
    private static partial Regex BannerTimeout();

    [GeneratedRegex("banner line 0: |Protocol major versions differ|Bad remote protocol version|banner line contains invalid characters")]
    private static partial Regex NotSsh();

    [GeneratedRegex("[Cc]onnection refused")]
    private static partial Regex Refused();

    [GeneratedRegex("Connection timed out|Operation timed out")]
    private static partial Regex TimedOut();

    [GeneratedRegex("No route to host|Network is unreachable|Cannot assign requested address|bind .*: ")]
    private static partial Regex NoWay();

    [GeneratedRegex("kex_exchange_identification: |Connection (closed|reset) by ")]
    private static partial Regex Dropped();
}
