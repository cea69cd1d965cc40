using System.Collections.Frozen;

namespace NixRemote.Transport;

/// <summary>The keywords of ssh_config(5), in lower case.</summary>
internal static class SshKeywords
{
    public const string AddressFamily = "addressfamily";
    public const string BindAddress = "bindaddress";
    public const string CanonicalizeHostname = "canonicalizehostname";
    public const string CertificateFile = "certificatefile";
    public const string Ciphers = "ciphers";
    public const string Compression = "compression";
    public const string ConnectionAttempts = "connectionattempts";
    public const string ConnectTimeout = "connecttimeout";
    public const string GlobalKnownHostsFile = "globalknownhostsfile";
    public const string Host = "host";
    public const string GssApiAuthentication = "gssapiauthentication";
    public const string HashKnownHosts = "hashknownhosts";
    public const string HostbasedAuthentication = "hostbasedauthentication";
    public const string HostKeyAlgorithms = "hostkeyalgorithms";
    public const string HostKeyAlias = "hostkeyalias";
    public const string HostName = "hostname";
    public const string IdentitiesOnly = "identitiesonly";
    public const string IdentityAgent = "identityagent";
    public const string IdentityFile = "identityfile";
    public const string IgnoreUnknown = "ignoreunknown";
    public const string Include = "include";
    public const string KexAlgorithms = "kexalgorithms";
    public const string KnownHostsCommand = "knownhostscommand";
    public const string Macs = "macs";
    public const string Match = "match";
    public const string Pkcs11Provider = "pkcs11provider";
    public const string Port = "port";
    public const string ProxyCommand = "proxycommand";
    public const string ProxyJump = "proxyjump";
    public const string ServerAliveCountMax = "serveralivecountmax";
    public const string ServerAliveInterval = "serveraliveinterval";
    public const string StrictHostKeyChecking = "stricthostkeychecking";
    public const string User = "user";
    public const string UserKnownHostsFile = "userknownhostsfile";

    /// <summary>Keywords that matter here and take exactly one argument.</summary>
    private static readonly FrozenSet<string> _single = new[]
    {
        AddressFamily, BindAddress, CanonicalizeHostname, CertificateFile, Ciphers, Compression, ConnectionAttempts, ConnectTimeout,
        GssApiAuthentication, HashKnownHosts, HostbasedAuthentication, HostKeyAlgorithms, HostKeyAlias, HostName, IdentitiesOnly,
        IdentityAgent, IdentityFile, IgnoreUnknown, KexAlgorithms, Macs, Pkcs11Provider, Port, ProxyJump, ServerAliveCountMax,
        ServerAliveInterval, StrictHostKeyChecking, User,
    }.ToFrozenSet();

    /// <summary>Keywords whose value is the rest of the line as it stands: it is for a shell.</summary>
    private static readonly FrozenSet<string> _restOfLine =
        new[] { ProxyCommand, KnownHostsCommand, "localcommand", "remotecommand" }.ToFrozenSet();

    /// <summary>Keywords that have no meaning for a connection without terminal, agent and forwarding, or only one for ssh itself.</summary>
    private static readonly FrozenSet<string> _withoutEffect = """
        addkeystoagent batchmode bindinterface canonicaldomains canonicalizefallbacklocal
        canonicalizemaxdots canonicalizepermittedcnames casignaturealgorithms challengeresponseauthentication channeltimeout
        checkhostip cipher clearallforwardings compressionlevel controlmaster controlpath controlpersist dsaauthentication
        dynamicforward enableescapecommandline enablesshkeysign escapechar exitonforwardfailure fallbacktorsh fingerprinthash
        forkafterauthentication forwardagent forwardx11 forwardx11timeout forwardx11trusted gatewayports globalknownhostsfile2
        gssapiclientidentity gssapidelegatecredentials gssapikexalgorithms gssapikeyexchange
        gssapirenewalforcesrekey gssapiserveridentity gssapitrustdns hostbasedacceptedalgorithms
        hostbasedkeytypes identityfile2 ipqos kbdinteractiveauthentication kbdinteractivedevices
        keepalive localforward loglevel logverbose noauthenticationforlocalhost nohostauthenticationforlocalhost
        numberofpasswordprompts obscurekeystroketiming passwordauthentication permitlocalcommand permitremoteopen
        preferredauthentications protocol proxyusefdpass pubkeyacceptedalgorithms pubkeyacceptedkeytypes pubkeyauthentication
        refuseconnection rekeylimit remoteforward requesttty requiredrsasize revokedhostkeys rhostsauthentication
        rhostsrsaauthentication rsaauthentication securitykeyprovider sendenv sessiontype setenv skeyauthentication
        smartcarddevice stdinnull streamlocalbindmask streamlocalbindunlink syslogfacility tag tcpkeepalive
        tisauthentication tunnel tunneldevice updatehostkeys usekeychain useprivilegedport userknownhostsfile2 useroaming usersh
        verifyhostkeydns versionaddendum visualhostkey warnweakcrypto xauthlocation
        """.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).ToFrozenSet();

    /// <summary>The keyword that an old spelling stands for.</summary>
    public static string Canonical(string keyword) => keyword switch
    {
        "identityfile2" => IdentityFile,
        _ => keyword,
    };

    /// <summary>Whether ssh_config(5) has the keyword.</summary>
    public static bool IsKnown(string keyword) =>
        _single.Contains(keyword) || keyword is UserKnownHostsFile or GlobalKnownHostsFile || _withoutEffect.Contains(keyword);

    /// <summary>Whether more than one argument is an error.</summary>
    public static bool IsSingle(string keyword) => _single.Contains(keyword);

    /// <summary>Whether the value is the rest of the line, unquoted.</summary>
    public static bool TakesRestOfLine(string keyword) => _restOfLine.Contains(keyword);
}
