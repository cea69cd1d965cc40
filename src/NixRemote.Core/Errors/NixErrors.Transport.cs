using static NixRemote.FailureCategory;

namespace NixRemote;

// Errors of reaching a machine.
public static partial class NixErrors
{
    /// <summary>The host name does not resolve.</summary>
    public static readonly ErrorDefinition HostNotFound = new(nameof(HostNotFound), ConnectionError,
        "The host name of the builder does not resolve.", "Check the name in the builder's URI and in ~/.ssh/config (HostName).");

    /// <summary>Nothing listens on the port.</summary>
    public static readonly ErrorDefinition ConnectionRefused = new(nameof(ConnectionRefused), ConnectionError,
        "The machine answers, but nothing listens on the SSH port.", "Start sshd there, or set the right port in the URI or in ~/.ssh/config.");

    /// <summary>There is no way to the address.</summary>
    public static readonly ErrorDefinition HostUnreachable = new(nameof(HostUnreachable), ConnectionError,
        "There is no way through the network to the machine.", "Check the network of this machine, its VPN, and the address of the builder.");

    /// <summary>No answer within the connect timeout.</summary>
    public static readonly ErrorDefinition ConnectionTimeout = new(nameof(ConnectionTimeout), OperationTimeout,
        "The machine did not answer within the connect timeout.", "Check that it is up and that no firewall drops the connection; -ConnectTimeout changes the limit.");

    /// <summary>Closed before the server's first line.</summary>
    public static readonly ErrorDefinition ConnectionDropped = new(nameof(ConnectionDropped), ConnectionError,
        "The server closed the connection before it said anything.", "Look into the log of sshd there: MaxStartups, PerSourcePenalties, hosts.deny or a firewall drops connections.");

    /// <summary>Connected, and then no first line.</summary>
    public static readonly ErrorDefinition ServerSilent = new(nameof(ServerSilent), OperationTimeout,
        "The port takes connections, but nothing greets there as an SSH server.", "Check that sshd, and not another service or a stopped one, listens on that port.");

    /// <summary>sshd says that MaxStartups is exceeded.</summary>
    public static readonly ErrorDefinition ServerBusy = new(nameof(ServerBusy), ConnectionError,
        "The SSH server takes no more connections for now.", "Raise MaxStartups in its sshd_config, or lower the builder's job count; OpenSSH 9.8 and later also shuts addresses out that failed to log in (PerSourcePenalties).");

    /// <summary>Another kind of server.</summary>
    public static readonly ErrorDefinition NotAnSshServer = new(nameof(NotAnSshServer), ConnectionError,
        "What answers on the port is not an SSH server of version 2.", "Set the port of sshd in the URI or in ~/.ssh/config.");

    /// <summary>Only a banner.</summary>
    public static readonly ErrorDefinition HandshakeTimeout = new(nameof(HandshakeTimeout), OperationTimeout,
        "The SSH server greeted, but did not exchange keys within the connect timeout.", "Check the load of the machine and what is between; -ConnectTimeout changes the limit.");

    /// <summary>No answer to the login.</summary>
    public static readonly ErrorDefinition AuthenticationTimeout = new(nameof(AuthenticationTimeout), OperationTimeout,
        "The SSH server did not decide about the login within the connect timeout.", "Check the load of the machine and its PAM and DNS settings (UseDNS); -ConnectTimeout changes the limit.");

    /// <summary>An open connection broke.</summary>
    public static readonly ErrorDefinition ConnectionLost = new(nameof(ConnectionLost), ConnectionError,
        "An open connection to the machine broke.", "Check the machine and the network between; the work is safe to repeat.");

    /// <summary>SSH could not agree on algorithms or speak at all.</summary>
    public static readonly ErrorDefinition SshHandshakeFailed = new(nameof(SshHandshakeFailed), ConnectionError,
        "The SSH handshake broke off before any host key was checked.", "Check what is between this machine and the SSH server; ssh -v HOST shows the handshake.");

    /// <summary>No cipher in common.</summary>
    public static readonly ErrorDefinition NoCommonCipher = new(nameof(NoCommonCipher), ConnectionError,
        "The SSH server has no cipher that this client may use.", "Correct Ciphers in ~/.ssh/config or in the sshd_config of the machine; the message has both lists.");

    /// <summary>No host key algorithm in common.</summary>
    public static readonly ErrorDefinition NoCommonHostKeyAlgorithm = new(nameof(NoCommonHostKeyAlgorithm), ConnectionError,
        "The SSH server has no host key of a kind that this client may take.", "Correct HostKeyAlgorithms in ~/.ssh/config, or give the machine an ed25519 host key; the message has both lists.");

    /// <summary>No key exchange in common.</summary>
    public static readonly ErrorDefinition NoCommonKeyExchange = new(nameof(NoCommonKeyExchange), ConnectionError,
        "The SSH server has no key exchange that this client may use.", "Correct KexAlgorithms in ~/.ssh/config or in the sshd_config of the machine; the message has both lists.");

    /// <summary>No MAC in common.</summary>
    public static readonly ErrorDefinition NoCommonMac = new(nameof(NoCommonMac), ConnectionError,
        "The SSH server has no message authentication code that this client may use.", "Correct MACs in ~/.ssh/config or in the sshd_config of the machine; the message has both lists.");

    /// <summary>The host key is not in known_hosts.</summary>
    public static readonly ErrorDefinition HostKeyUnknown = new(nameof(HostKeyUnknown), SecurityError,
        "The machine's host key is not known.", "Compare the fingerprint with the machine's own, then add the key to known_hosts (ssh-keyscan) or pin it at the builder.");

    /// <summary>The host key differs from the known one.</summary>
    public static readonly ErrorDefinition HostKeyChanged = new(nameof(HostKeyChanged), SecurityError,
        "The machine's host key is not the one that is known for it: it was reinstalled, or somebody is in between.",
        "Find out which; only then remove the old key (ssh-keygen -R HOST) and add the new one.");

    /// <summary>The host key is marked @revoked.</summary>
    public static readonly ErrorDefinition HostKeyRevoked = new(nameof(HostKeyRevoked), SecurityError,
        "The machine's host key is marked as revoked.", "Do not connect; give the machine a new host key.");

    /// <summary>A host certificate for another host or time.</summary>
    public static readonly ErrorDefinition HostCertificateInvalid = new(nameof(HostCertificateInvalid), SecurityError,
        "The machine's host certificate is not valid for it.", "Sign the host key anew (ssh-keygen -s CA -h -n NAME), with the host's name and a time that has not passed.");

    /// <summary>No key was accepted.</summary>
    public static readonly ErrorDefinition AuthenticationRejected = new(nameof(AuthenticationRejected), AuthenticationError,
        "The machine accepted none of the keys that were offered.", "Put the public key into the user's authorized_keys there, or name the right identity file; an account that is locked (passwd -S) accepts none.");

    /// <summary>Another method, or one more, is wanted.</summary>
    public static readonly ErrorDefinition AuthenticationMethodMissing = new(nameof(AuthenticationMethodMissing), AuthenticationError,
        "The machine wants a kind of authentication that was not given.", "Allow public keys there (PubkeyAuthentication, AuthenticationMethods), or give the password with -Credential.");

    /// <summary>More keys than MaxAuthTries.</summary>
    public static readonly ErrorDefinition TooManyKeys = new(nameof(TooManyKeys), AuthenticationError,
        "The machine hung up after too many keys that it does not know.", "Set IdentitiesOnly yes and the right IdentityFile for the host in ~/.ssh/config, so that no other keys are offered.");

    /// <summary>Authenticated, and then refused.</summary>
    public static readonly ErrorDefinition AccountRefused = new(nameof(AccountRefused), AuthenticationError,
        "The machine accepted the key, but not the account.", "Check there that the account has not expired and that /etc/nologin does not exist.");

    /// <summary>The connection ended while the server had not decided about the login.</summary>
    public static readonly ErrorDefinition AuthenticationInterrupted = new(nameof(AuthenticationInterrupted), ConnectionError,
        "The connection broke while logging in, before the machine had decided about it.",
        "Try again; if it stays so, look into the log of sshd there: it also hangs up without a word where PAM refuses the account.");

    /// <summary>An identity file does not exist.</summary>
    public static readonly ErrorDefinition IdentityFileMissing = new(nameof(IdentityFileMissing), ObjectNotFound,
        "The identity file does not exist.", "Correct the ssh-key of the builder or IdentityFile in ~/.ssh/config.");

    /// <summary>An identity file of another user, or one that the system cannot read.</summary>
    public static readonly ErrorDefinition IdentityFileUnreadable = new(nameof(IdentityFileUnreadable), AuthenticationError,
        "The identity file is there and cannot be read: it is another user's, as are the keys in a machines file for Nix's daemon, or its disk fails.",
        "Use a machines file with a key of your own (ssh-key), or an agent; or run as the user whose key it is.");

    /// <summary>A private key that others can read.</summary>
    public static readonly ErrorDefinition IdentityFileTooOpen = new(nameof(IdentityFileTooOpen), SecurityError,
        "Others can read the identity file; ssh refuses such keys, and so does this client.", "chmod 600 FILE");

    /// <summary>An identity file needs a passphrase.</summary>
    public static readonly ErrorDefinition IdentityFileEncrypted = new(nameof(IdentityFileEncrypted), AuthenticationError,
        "The identity file is protected by a passphrase.", "Give it with -KeyPassphrase, add the key to an agent (ssh-add), or use a key without passphrase for unattended builds.");

    /// <summary>A wrong passphrase.</summary>
    public static readonly ErrorDefinition IdentityPassphraseWrong = new(nameof(IdentityPassphraseWrong), AuthenticationError,
        "The passphrase does not open the identity file.", "Give the right one with -KeyPassphrase or -Credential, or add the key to an agent (ssh-add).");

    /// <summary>An identity file is not a private key that we read.</summary>
    public static readonly ErrorDefinition IdentityFileInvalid = new(nameof(IdentityFileInvalid), InvalidData,
        "The identity file is not a private key in a format that can be read.", "Convert it to the OpenSSH format (ssh-keygen -p -f FILE).");

    /// <summary>The agent does not answer.</summary>
    public static readonly ErrorDefinition AgentUnavailable = new(nameof(AgentUnavailable), ResourceUnavailable,
        "No key could be used, and the SSH agent that is configured does not answer.", "Start ssh-agent, and set SSH_AUTH_SOCK or IdentityAgent to its socket.");

    /// <summary>The agent is empty.</summary>
    public static readonly ErrorDefinition AgentHasNoKey = new(nameof(AgentHasNoKey), AuthenticationError,
        "The SSH agent holds no key, and there is no identity file.", "Add the key to the agent (ssh-add FILE), or name it with IdentityFile or the builder's ssh-key.");

    /// <summary>The agent does not sign.</summary>
    public static readonly ErrorDefinition AgentRefused = new(nameof(AgentRefused), AuthenticationError,
        "The SSH agent holds the key but does not sign with it.", "Unlock the agent (ssh-add -X), confirm its question, or touch the security key.");

    /// <summary>ssh_config or known_hosts has a line that cannot be read.</summary>
    public static readonly ErrorDefinition SshConfigInvalid = new(nameof(SshConfigInvalid), InvalidData,
        "The SSH configuration has a line that cannot be read.", "Correct the line that the message names.");

    /// <summary>The SSH configuration asks for something that the transport cannot do.</summary>
    public static readonly ErrorDefinition SshOptionUnsupported = new(nameof(SshOptionUnsupported), FailureCategory.NotImplemented,
        "The SSH configuration of the host asks for something that is not supported in process.", "Use -Transport OpenSsh, or remove the option that the message names for this host.");

    /// <summary>The jump host cannot be logged in to.</summary>
    public static readonly ErrorDefinition ProxyJumpFailed = new(nameof(ProxyJumpFailed), ConnectionError,
        "The jump host on the way to the builder cannot be used.", "Act on the cause in the message; ssh JUMPHOST must work.");

    /// <summary>The jump host does not forward.</summary>
    public static readonly ErrorDefinition ProxyJumpRefused = new(nameof(ProxyJumpRefused), ConnectionError,
        "The jump host lets us in, but does not connect us with the builder.", "Check AllowTcpForwarding and PermitOpen in its sshd_config, and that it reaches the builder's name and port.");

    /// <summary>The proxy command ended.</summary>
    public static readonly ErrorDefinition ProxyCommandFailed = new(nameof(ProxyCommandFailed), ConnectionError,
        "The ProxyCommand of the host did not give a connection.", "Run the command by hand; its last words are in the message.");

    /// <summary>There is no ssh program.</summary>
    public static readonly ErrorDefinition OpenSshMissing = new(nameof(OpenSshMissing), ObjectNotFound,
        "The OpenSSH client is needed for this host, and is not on the PATH.", "Install the OpenSSH client, or use -Transport SshNet.");

    /// <summary>ssh ended for a reason that has no name here.</summary>
    public static readonly ErrorDefinition OpenSshFailed = new(nameof(OpenSshFailed), ConnectionError,
        "The OpenSSH client ended without a connection.", "Its own words are in the message; ssh -v HOST says more.");

    /// <summary>-SshSession is not a session.</summary>
    public static readonly ErrorDefinition SshSessionUnusable = new(nameof(SshSessionUnusable), InvalidArgument,
        "What was given as an SSH session cannot be used.", "Give what New-SSHSession of Posh-SSH 3.2 returned, while it is connected.");

    /// <summary>A channel could not be opened on a live session.</summary>
    public static readonly ErrorDefinition ChannelRefused = new(nameof(ChannelRefused), ConnectionError,
        "The SSH server refused another channel on the connection.", "Raise MaxSessions in its sshd_config, or lower the builder's job count.");

    /// <summary>exec was refused.</summary>
    public static readonly ErrorDefinition CommandRefused = new(nameof(CommandRefused), ConnectionError,
        "The SSH server refused to run the command.", "Check ForceCommand, the options in authorized_keys and the login shell of that user.");
}
