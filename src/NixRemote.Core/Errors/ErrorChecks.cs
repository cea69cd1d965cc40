using static NixRemote.BuilderCheckName;

namespace NixRemote;

/// <summary>
/// Which check of Test-NixBuilder finds which error. Together with <see cref="NixErrors"/> (cause and cure) this is the only table of what can be
/// wrong with a builder: the test and the failures of builds both read it.
/// </summary>
public static class ErrorChecks
{
    private static readonly Dictionary<string, BuilderCheckName> _checks = Invert(new()
    {
        [Configuration] =
        [
            "StoreUriInvalid", "MachinesEntryInvalid", "ConfigurationFileUnreadable", "NixConfInvalid", "SshConfigInvalid", "SshOptionUnsupported",
            "OpenSshMissing", "SshSessionUnusable", "BuilderDisabled", "BuilderTakesNoJobs", "BuildersIgnored", "LocalStoreUnavailable",
        ],
        [NameResolution] = ["HostNotFound"],
        [Tcp] =
        [
            "ConnectionRefused", "HostUnreachable", "ConnectionTimeout", "ProxyJumpFailed", "ProxyJumpRefused", "ProxyCommandFailed",
        ],
        [SshHandshake] =
        [
            "SshHandshakeFailed", "ConnectionDropped", "ServerSilent", "ServerBusy", "NotAnSshServer", "HandshakeTimeout", "NoCommonCipher",
            "NoCommonHostKeyAlgorithm", "NoCommonKeyExchange", "NoCommonMac", "OpenSshFailed",
        ],
        [HostKey] = ["HostKeyUnknown", "HostKeyChanged", "HostKeyRevoked", "HostCertificateInvalid"],
        [Authentication] =
        [
            "AuthenticationRejected", "AuthenticationTimeout", "AuthenticationInterrupted", "AuthenticationMethodMissing", "TooManyKeys", "AccountRefused", "IdentityFileMissing",
            "IdentityFileUnreadable", "IdentityFileTooOpen", "IdentityFileEncrypted", "IdentityPassphraseWrong", "IdentityFileInvalid", "AgentUnavailable", "AgentHasNoKey",
            "AgentRefused",
        ],
        [RemoteProgram] = ["ChannelRefused", "CommandRefused", "RemoteProgramNotFound", "LoginShellRefuses", "ForcedCommand"],
        [CleanChannel] = ["RemoteOutputBeforeProtocol"],
        [ProtocolHandshake] = ["ProtocolTooOld", "ProtocolViolation", "LimitExceeded", "RemoteDied", "DaemonUnavailable", "ConnectionLost", "BuilderSilent"],
        [Trust] = ["NotTrusted"],
        [Store] = ["SignatureMissing", "StoreReadOnly", "DiskFull", "RemoteError"],
        [SystemsAndFeatures] = ["SystemNotBuildable", "FeatureMissing", "NoJobsOnBuilder"],
        [Clock] = ["ClockSkewed"],
        [FreeSpace] = ["DiskLow"],
        [Build] = ["BuildProbeFailed", "BuildProbeTimedOut", "BuilderFailed"],
    });

    /// <summary>The ids of all errors that a check finds.</summary>
    internal static IReadOnlyCollection<string> Ids => _checks.Keys;

    /// <summary>The check that finds an error; null if the error is not about a builder, such as a build that fails by itself.</summary>
    public static BuilderCheckName? Of(ErrorDefinition error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return _checks.TryGetValue(error.Id, out var check) ? check : null;
    }

    private static Dictionary<string, BuilderCheckName> Invert(Dictionary<BuilderCheckName, string[]> rows) =>
        rows.SelectMany(row => row.Value.Select(id => (id, row.Key))).ToDictionary(pair => pair.id, pair => pair.Key, StringComparer.Ordinal);
}
