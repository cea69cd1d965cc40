using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace NixRemote.Transport;

/// <summary>From texts to values, with the defaults.</summary>
public static partial class SshConfig
{
    private const int DefaultPort = 22;

    private static readonly TimeSpan _defaultConnectTimeout = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan _defaultKeepAliveInterval = TimeSpan.FromSeconds(15);

    private static readonly string[] _defaultIdentityFiles = ["~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa"];

    private static SshHostConfig Build(SshConfigReader reader, int requiredIdentities, SshOptions options, SshEnvironment environment)
    {
        var hostName = SshTokens.ExpandHostName(reader[SshKeywords.HostName], reader.OriginalHost).ToLowerInvariant();
        var port = Number(reader[SshKeywords.Port], 1, 65535) ?? DefaultPort;
        var user = reader[SshKeywords.User]?.Value
            ?? (options.Credential is { UserName.Length: > 0 } credential ? credential.UserName : environment.UserName);
        var alias = reader[SshKeywords.HostKeyAlias]?.Value.ToLowerInvariant();
        var jump = NoneIsNull(reader[SshKeywords.ProxyJump]?.Value);
        var tokens = new SshTokens(environment, reader.OriginalHost, hostName, port, user, alias, jump);
        var keepAlive = Duration(reader[SshKeywords.ServerAliveInterval]);
        return new SshHostConfig
        {
            OriginalHost = reader.OriginalHost,
            HostName = hostName,
            Port = port,
            User = user,
            IdentityFiles = Identities(reader, tokens),
            RequiredIdentityFiles = requiredIdentities,
            IdentitiesOnly = Flag(reader[SshKeywords.IdentitiesOnly]),
            IdentityAgent = Agent(reader[SshKeywords.IdentityAgent], tokens, environment),
            CertificateFiles = [.. reader.CertificateFiles.Select(file => tokens.ExpandPath(file, file.Value))],
            UserKnownHostsFiles = Files(reader[SshKeywords.UserKnownHostsFile], tokens)
                ?? [.. new[] { "known_hosts", "known_hosts2" }.Select(name => Path.Combine(environment.UserFolder, name))],
            GlobalKnownHostsFiles = Files(reader[SshKeywords.GlobalKnownHostsFile], tokens)
                ?? [.. new[] { "ssh_known_hosts", "ssh_known_hosts2" }.Select(name => Path.Combine(environment.SystemFolder, name))],
            HostKeyAlias = alias,
            HostKeyChecking = Checking(reader[SshKeywords.StrictHostKeyChecking]) is var checking && checking == HostKeyChecking.Strict && options.AcceptNewHostKey
                ? HostKeyChecking.AcceptNew
                : checking,
            HashKnownHosts = Flag(reader[SshKeywords.HashKnownHosts]),
            ConnectTimeout = options.ConnectTimeout ?? Positive(Duration(reader[SshKeywords.ConnectTimeout])) ?? _defaultConnectTimeout,
            ConnectionAttempts = Number(reader[SshKeywords.ConnectionAttempts], 1, int.MaxValue) ?? 1,
            KeepAliveInterval = options.KeepAliveInterval ?? Positive(keepAlive) ?? _defaultKeepAliveInterval,
            KeepAliveCountMax = Number(reader[SshKeywords.ServerAliveCountMax], 0, int.MaxValue) ?? 3,
            Compression = Flag(reader[SshKeywords.Compression]),
            AddressFamily = Family(reader[SshKeywords.AddressFamily]),
            BindAddress = Address(reader[SshKeywords.BindAddress]),
            Ciphers = reader[SshKeywords.Ciphers]?.Value,
            Macs = reader[SshKeywords.Macs]?.Value,
            KexAlgorithms = reader[SshKeywords.KexAlgorithms]?.Value,
            HostKeyAlgorithms = reader[SshKeywords.HostKeyAlgorithms]?.Value,
            ProxyJump = jump,
            ProxyCommand = NoneIsNull(reader[SshKeywords.ProxyCommand]?.Value),
            ProxyCommandLine = NoneIsNull(reader[SshKeywords.ProxyCommand]?.Value) is { } command
                ? tokens.ExpandProxyCommand(reader[SshKeywords.ProxyCommand]!, command) : null,
            NeedsOpenSsh = reader.NeedsOpenSsh
                ?? (NoneIsNull(reader[SshKeywords.Pkcs11Provider]?.Value) is not null ? "PKCS11Provider" : null)
                ?? (NoneIsNull(reader[SshKeywords.KnownHostsCommand]?.Value) is not null ? "KnownHostsCommand" : null),
            MayNeedOpenSsh = Flag(reader[SshKeywords.GssApiAuthentication]) ? "GSSAPIAuthentication"
                : Flag(reader[SshKeywords.HostbasedAuthentication]) ? "HostbasedAuthentication"
                : null,
        };
    }

    /// <summary>The agent's socket: null for none; ssh_config may name a variable of the environment instead of a path.</summary>
    private static string? Agent(SshConfigSetting? setting, SshTokens tokens, SshEnvironment environment)
    {
        const string variable = "SSH_AUTH_SOCK";
        var name = setting?.Value switch
        {
            null or variable => variable,
            ['$', not '{', ..] and var value => value[1..],
            _ => null,
        };
        return name is not null ? environment.Variable(name) is { Length: > 0 } socket ? socket : environment.DefaultAgent
            : NoneIsNull(setting!.Value) is { } path ? tokens.ExpandPath(setting, path)
            : null;
    }

    private static IReadOnlyList<string> Identities(SshConfigReader reader, SshTokens tokens)
    {
        var files = reader.IdentityFiles.Count > 0
            ? reader.IdentityFiles
            : [.. _defaultIdentityFiles.Select(file => new SshConfigSetting([file], "the default"))];
        return [.. files.Where(file => file.Value != "none").Select(file => tokens.ExpandPath(file, file.Value))];
    }

    private static IReadOnlyList<string>? Files(SshConfigSetting? setting, SshTokens tokens) =>
        setting?.Arguments is ["none"] ? [] : setting?.Arguments.Select(file => tokens.ExpandPath(setting, file)).ToList();

    private static string? NoneIsNull(string? value) => string.Equals(value, "none", StringComparison.OrdinalIgnoreCase) ? null : value;

    private static TimeSpan? Positive(TimeSpan? value) => value > TimeSpan.Zero ? value : null;

    private static int? Number(SshConfigSetting? setting, int least, int most) =>
        setting is null ? null
        : int.TryParse(setting.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
        : throw Bad(setting, $"a number from {least} to {most}");

    private static bool Flag(SshConfigSetting? setting) => setting?.Value.ToLowerInvariant() switch
    {
        null or "no" or "false" => false,
        "yes" or "true" => true,
        _ => throw Bad(setting, "yes or no"),
    };

    private static HostKeyChecking Checking(SshConfigSetting? setting) => setting?.Value.ToLowerInvariant() switch
    {
        null or "yes" or "true" or "ask" => HostKeyChecking.Strict,
        "accept-new" => HostKeyChecking.AcceptNew,
        "no" or "false" or "off" => HostKeyChecking.Off,
        _ => throw Bad(setting, "yes, ask, accept-new or no"),
    };

    private static AddressFamily Family(SshConfigSetting? setting) => setting?.Value.ToLowerInvariant() switch
    {
        null or "any" => AddressFamily.Unspecified,
        "inet" => AddressFamily.InterNetwork,
        "inet6" => AddressFamily.InterNetworkV6,
        _ => throw Bad(setting, "any, inet or inet6"),
    };

    private static IPAddress? Address(SshConfigSetting? setting) =>
        setting is null ? null : IPAddress.TryParse(setting.Value, out var address) ? address : throw Bad(setting, "an address");

    /// <summary>A time as sshd_config(5) "TIME FORMATS" has it: <c>90</c>, <c>1m30s</c>, <c>2h</c>; null for <c>none</c>.</summary>
    private static TimeSpan? Duration(SshConfigSetting? setting)
    {
        if (NoneIsNull(setting?.Value) is not { Length: > 0 } text)
        {
            return null;
        }

        long seconds = 0;
        for (var i = 0; i < text.Length;)
        {
            var start = i;
            while (i < text.Length && char.IsAsciiDigit(text[i]))
            {
                i++;
            }

            int? unit = i == text.Length ? 1 : char.ToLowerInvariant(text[i]) switch
            {
                's' => 1,
                'm' => 60,
                'h' => 3600,
                'd' => 86400,
                'w' => 604800,
                _ => null,
            };
            if (unit is null || !int.TryParse(text.AsSpan(start, i - start), NumberStyles.None, CultureInfo.InvariantCulture, out var amount))
            {
                throw Bad(setting!, "a time such as 15 or 1m30s");
            }

            seconds += (long)amount * unit.Value;
            i++;
        }

        return seconds <= int.MaxValue / 1000 ? TimeSpan.FromSeconds(seconds) : throw Bad(setting!, "a shorter time");
    }

    private static NixRemoteException Bad(SshConfigSetting setting, string expected) =>
        new(NixErrors.SshConfigInvalid, $"{setting.Source}: '{setting.Value}' is not {expected}.") { Target = setting.Source };
}
