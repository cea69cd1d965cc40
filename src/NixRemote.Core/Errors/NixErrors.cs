using static NixRemote.FailureCategory;

namespace NixRemote;

/// <summary>The table of all errors of the module: ids never change once released.</summary>
public static class NixErrors
{
    // --- reaching a machine ---

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

    /// <summary>An identity file does not exist.</summary>
    public static readonly ErrorDefinition IdentityFileMissing = new(nameof(IdentityFileMissing), ObjectNotFound,
        "The identity file does not exist or cannot be read.", "Correct the ssh-key of the builder or IdentityFile in ~/.ssh/config.");

    /// <summary>An identity file of another user.</summary>
    public static readonly ErrorDefinition IdentityFileUnreadable = new(nameof(IdentityFileUnreadable), AuthenticationError,
        "The identity file is another user's: a machines file for Nix's daemon names keys that only root may read.",
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

    // --- speaking with a store ---

    /// <summary>nix-store or nix-daemon is not on the remote's PATH.</summary>
    public static readonly ErrorDefinition RemoteProgramNotFound = new(nameof(RemoteProgramNotFound), ObjectNotFound,
        "The remote shell does not find the Nix program.", "Install Nix there, put it on the PATH of non-interactive shells, or set remote-program in the builder's URI.");

    /// <summary>The remote wrote text where the protocol begins.</summary>
    public static readonly ErrorDefinition RemoteOutputBeforeProtocol = new(nameof(RemoteOutputBeforeProtocol), ProtocolError,
        "The remote shell wrote text before the protocol's first bytes.", "Remove the output from the login scripts of that user (.bashrc, .zshenv, motd).");

    /// <summary>The peer's protocol is older than what we speak.</summary>
    public static readonly ErrorDefinition ProtocolTooOld = new(nameof(ProtocolTooOld), ProtocolError,
        "The remote's Nix speaks a protocol that is too old, or of another kind.", "Upgrade Nix on that machine to 2.1 or later.");

    /// <summary>Bytes that the protocol does not allow.</summary>
    public static readonly ErrorDefinition ProtocolViolation = new(nameof(ProtocolViolation), ProtocolError,
        "The remote sent bytes that the protocol does not allow.", "Check what answers there (remote-program, shell wrappers); report it if it is a stock Nix.");

    /// <summary>A count, length or depth from the remote is over a named limit.</summary>
    public static readonly ErrorDefinition LimitExceeded = new(nameof(LimitExceeded), ProtocolError,
        "The remote sent more than a limit of this module allows.", "Check what answers there; the message names the limit.");

    /// <summary>The remote process ended in the middle of an operation.</summary>
    public static readonly ErrorDefinition RemoteDied = new(nameof(RemoteDied), ConnectionError,
        "The remote Nix process ended in the middle of an operation.", "Read its last words in the message; check memory, disk and nix-daemon on that machine.");

    /// <summary>The remote answered an operation with an error.</summary>
    public static readonly ErrorDefinition RemoteError = new(nameof(RemoteError), InvalidResult,
        "The remote Nix answered with an error.", "The message is the remote's own; act on it there.");

    /// <summary>The remote user may not do this.</summary>
    public static readonly ErrorDefinition NotTrusted = new(nameof(NotTrusted), SecurityError,
        "The user on the builder is not trusted by its Nix daemon.", "Add the user to trusted-users in the builder's nix.conf and restart its daemon, or use ssh:// with a trusted user.");

    /// <summary>A path lacks a trusted signature.</summary>
    public static readonly ErrorDefinition SignatureMissing = new(nameof(SignatureMissing), SecurityError,
        "A store refused a path since it lacks a signature by a trusted key.", "Sign the path, or use a trusted user on that store.");

    /// <summary>A store cannot be given signatures of paths that it has.</summary>
    public static readonly ErrorDefinition StoreTakesNoSignatures = new(nameof(StoreTakesNoSignatures), InvalidArgument,
        "Paths of this store cannot be signed where they are.", "Name the machine with ssh-ng:// instead of ssh://, as a trusted user.");

    /// <summary>There is no local store to use.</summary>
    public static readonly ErrorDefinition LocalStoreUnavailable = new(nameof(LocalStoreUnavailable), ResourceUnavailable,
        "This machine has no Nix store that can be used.", "Start nix-daemon, or name a store with -Store and -Destination.");

    /// <summary>A store URI cannot be used.</summary>
    public static readonly ErrorDefinition StoreUriInvalid = new(nameof(StoreUriInvalid), InvalidArgument,
        "The store URI cannot be used.", "Write ssh://HOST, ssh-ng://HOST, daemon, unix:///SOCKET, local, file:///FOLDER or https://HOST.");

    // --- binary caches ---

    /// <summary>A binary cache is not there, or is none, or has paths of another directory.</summary>
    public static readonly ErrorDefinition CacheUnusable = new(nameof(CacheUnusable), InvalidData,
        "The binary cache cannot be used.", "Check its folder or address; the message tells what is wrong with it.");

    /// <summary>A binary cache that is only read was to be written.</summary>
    public static readonly ErrorDefinition CacheReadOnly = new(nameof(CacheReadOnly), InvalidArgument,
        "The binary cache cannot be written.", "Copy to a folder (file:///FOLDER) that the server serves.");

    /// <summary>A .narinfo names a file that is not there.</summary>
    public static readonly ErrorDefinition CacheFileMissing = new(nameof(CacheFileMissing), ObjectNotFound,
        "A file that the binary cache names is not there.", "Copy the path to the cache again after removing its .narinfo.");

    /// <summary>A file is not what its .narinfo promises.</summary>
    public static readonly ErrorDefinition CacheFileInvalid = new(nameof(CacheFileInvalid), InvalidResult,
        "A file of a binary cache is not what its .narinfo promises.", "Remove both from the cache, then copy the path there again.");

    /// <summary>A compression that cannot be read or written.</summary>
    public static readonly ErrorDefinition CompressionUnsupported = new(nameof(CompressionUnsupported), NotImplemented,
        "Archives of this compression cannot be read, or not written.", "Set compression=zstd or compression=none in the URI of the cache.");

    /// <summary>An HTTP request failed.</summary>
    public static readonly ErrorDefinition HttpFailed = new(nameof(HttpFailed), ConnectionError,
        "A binary cache did not answer as it must.", "Check its address, the network and the server; the message tells what it answered.");

    // --- store objects ---

    /// <summary>A text is not a store path.</summary>
    public static readonly ErrorDefinition StorePathInvalid = new(nameof(StorePathInvalid), InvalidArgument,
        "The text is not a store path.", "Give a path such as /nix/store/HASH-NAME.");

    /// <summary>A path is not valid in the store that was asked.</summary>
    public static readonly ErrorDefinition PathNotValid = new(nameof(PathNotValid), ObjectNotFound,
        "The store does not have the path.", "Check the path and the store; copy it there first.");

    /// <summary>A hash text cannot be read.</summary>
    public static readonly ErrorDefinition HashInvalid = new(nameof(HashInvalid), InvalidData,
        "The text is not a hash.", "Give ALGORITHM:DIGEST or an SRI hash.");

    /// <summary>An archive is malformed.</summary>
    public static readonly ErrorDefinition NarInvalid = new(nameof(NarInvalid), InvalidData,
        "The Nix archive is malformed.", "Verify the path on the store it came from (nix-store --verify-path).");

    /// <summary>The bytes have another hash than promised.</summary>
    public static readonly ErrorDefinition NarHashMismatch = new(nameof(NarHashMismatch), InvalidResult,
        "The archive's hash is not the one that the store gave for it.", "Verify the path on the store it came from (nix-store --verify-path).");

    /// <summary>There are more or fewer bytes than promised.</summary>
    public static readonly ErrorDefinition NarSizeMismatch = new(nameof(NarSizeMismatch), InvalidResult,
        "The archive's size is not the one that the store gave for it.", "Verify the path on the store it came from (nix-store --verify-path).");

    /// <summary>A file is of a kind, or has a name, that an archive cannot hold.</summary>
    public static readonly ErrorDefinition NarSourceUnsupported = new(nameof(NarSourceUnsupported), InvalidData,
        "A file cannot be put into a Nix archive.", "Remove or rename the file that the message names; archives hold files, directories and symbolic links.");

    /// <summary>A file that belongs into an archive cannot be read.</summary>
    public static readonly ErrorDefinition NarSourceUnreadable = new(nameof(NarSourceUnreadable), ReadWriteError,
        "A file that belongs into a Nix archive cannot be read.", "Check that it exists, that you may read it, and that nothing changes it.");

    /// <summary>An archive holds a name or link that this system's files cannot have.</summary>
    public static readonly ErrorDefinition NarNameUnsupported = new(nameof(NarNameUnsupported), InvalidData,
        "The Nix archive holds a name that the file system here cannot hold.", "Unpack it on Linux, or leave it in the archive.");

    /// <summary>An archive cannot be written to disk.</summary>
    public static readonly ErrorDefinition NarRestoreFailed = new(nameof(NarRestoreFailed), ReadWriteError,
        "The Nix archive cannot be unpacked here.", "Check that the target does not exist yet, that its directory does and is writable, and that the disk has room.");

    /// <summary>A .narinfo file is malformed.</summary>
    public static readonly ErrorDefinition NarInfoInvalid = new(nameof(NarInfoInvalid), InvalidData,
        "A .narinfo file of a binary cache is corrupt.", "Fetch it again; remove it from the cache if it stays so.");

    /// <summary>A key or signature is not NAME:BASE64 of the right length.</summary>
    public static readonly ErrorDefinition SigningKeyInvalid = new(nameof(SigningKeyInvalid), InvalidData,
        "The text is not a key or signature.", "Give NAME:BASE64, as nix-store --generate-binary-cache-key writes it.");

    /// <summary>A .drv file does not exist in the store.</summary>
    public static readonly ErrorDefinition DerivationMissing = new(nameof(DerivationMissing), ObjectNotFound,
        "The store does not have the derivation.", "Evaluate it again (nix-instantiate), or name the store that has it with -Store.");

    /// <summary>A .drv file is not a derivation.</summary>
    public static readonly ErrorDefinition DerivationInvalid = new(nameof(DerivationInvalid), InvalidData,
        "The .drv file is truncated or malformed.", "Evaluate it again; repair the store if it is damaged (nix-store --repair-path).");

    /// <summary>A .drv file's outputs are not what its text says they must be.</summary>
    public static readonly ErrorDefinition DerivationTampered = new(nameof(DerivationTampered), SecurityError,
        "The derivation was changed: its path or its output paths do not follow from its text.", "Evaluate it again from its source.");

    /// <summary>A derivation of a kind that cannot be built yet.</summary>
    public static readonly ErrorDefinition DerivationUnsupported = new(nameof(DerivationUnsupported), NotImplemented,
        "Derivations of this kind cannot be built by this module.", "Use input-addressed or fixed-output derivations.");

    /// <summary>The installable names an output that does not exist.</summary>
    public static readonly ErrorDefinition OutputNotFound = new(nameof(OutputNotFound), InvalidArgument,
        "The derivation has no output of that name.", "Use one of the outputs that the message lists.");

    // --- building ---

    /// <summary>The builder program failed.</summary>
    public static readonly ErrorDefinition BuildFailed = new(nameof(BuildFailed), InvalidResult,
        "The build itself failed.", "Read the end of its log in the message; the failure is the same on any builder.");

    /// <summary>A build limit passed.</summary>
    public static readonly ErrorDefinition BuildTimedOut = new(nameof(BuildTimedOut), OperationTimeout,
        "The build ran into a time or silence limit.", "Raise -Timeout or -MaxSilentTime.");

    /// <summary>The build wrote more log than allowed.</summary>
    public static readonly ErrorDefinition BuildLogLimit = new(nameof(BuildLogLimit), InvalidResult,
        "The build wrote more log than is allowed.", "Raise max-build-log-size.");

    /// <summary>Something that it needs failed.</summary>
    public static readonly ErrorDefinition DependencyFailed = new(nameof(DependencyFailed), InvalidResult,
        "A derivation that this one needs was not built.", "See the error of that derivation.");

    /// <summary>No builder has the system or the features.</summary>
    public static readonly ErrorDefinition NoEligibleBuilder = new(nameof(NoEligibleBuilder), ResourceUnavailable,
        "No builder takes the derivation.", "Add a builder with this system and these features; the message tells why each one was not taken.");

    /// <summary>There are no builders at all.</summary>
    public static readonly ErrorDefinition NoBuilders = new(nameof(NoBuilders), ResourceUnavailable,
        "No builder is configured or given.", "Write builders to /etc/nix/machines, or give -Builder.");

    /// <summary>Infrastructure of a builder failed during a build.</summary>
    public static readonly ErrorDefinition BuilderFailed = new(nameof(BuilderFailed), ConnectionError,
        "The builder failed, not the build.", "Test-NixBuilder tells what is wrong with the machine.");

    /// <summary>Two builds of one derivation differ.</summary>
    public static readonly ErrorDefinition OutputsDiffer = new(nameof(OutputsDiffer), InvalidResult,
        "A derivation was built twice with different outputs.", "Compare the two that the message names (diffoscope, diff -r), and remove from the build what differs, such as times and random names.");

    /// <summary>A derivation cannot be built again.</summary>
    public static readonly ErrorDefinition RebuildImpossible = new(nameof(RebuildImpossible), ResourceUnavailable,
        "There is nothing to compare a rebuild with, or no builder that can build again.", "The message tells which; build it first, or add a builder or reach it over ssh-ng://.");

    /// <summary>The lock files of builders' slots cannot be used.</summary>
    public static readonly ErrorDefinition SlotsNotShared = new(nameof(SlotsNotShared), ReadWriteError,
        "The lock files by which programs on this machine share the builders' job slots cannot be written.",
        "Let the user write there, or set NIX_CURRENT_LOAD to a folder that all who build may write; else job counts hold for each process by itself.");

    /// <summary>The history of builds cannot be used.</summary>
    public static readonly ErrorDefinition HistoryUnusable = new(nameof(HistoryUnusable), ReadWriteError,
        "The history of builds cannot be read or written; builds go on without it.",
        "Check the file that the message names, or give -NoHistory.");

    /// <summary>The history of builds is damaged.</summary>
    public static readonly ErrorDefinition HistoryDamaged = new(nameof(HistoryDamaged), InvalidData,
        "The history of builds is damaged; it was put aside, and a new one begins.",
        "Nothing is needed; delete the file that was put aside.");

    /// <summary>The evaluation failed.</summary>
    public static readonly ErrorDefinition EvaluationFailed = new(nameof(EvaluationFailed), InvalidResult,
        "Nix could not evaluate what was asked for.", "The message is Nix's own; correct the expression.");

    /// <summary>Nix is not there.</summary>
    public static readonly ErrorDefinition EvaluatorMissing = new(nameof(EvaluatorMissing), ObjectNotFound,
        "There is no nix-instantiate or nix on the PATH of the machine that evaluates.",
        "Install Nix there, evaluate on a builder with -EvaluateOn, or give -DerivationPath.");

    /// <summary>Two parameters exclude each other.</summary>
    public static readonly ErrorDefinition ParametersConflict = new(nameof(ParametersConflict), InvalidArgument,
        "Two parameters exclude each other.", "Give one of those that the message names.");

    /// <summary>A text is no installable.</summary>
    public static readonly ErrorDefinition InstallableInvalid = new(nameof(InstallableInvalid), InvalidArgument,
        "A text is not an installable.", "Write FLAKE#ATTRIBUTE, as in nixpkgs#hello, perhaps with ^OUTPUTS behind.");

    /// <summary>A folder is too much to send to a builder.</summary>
    public static readonly ErrorDefinition SourceFolderRefused = new(nameof(SourceFolderRefused), InvalidArgument,
        "The file to evaluate lies in a folder that is not sent to another machine: everybody there could read it.",
        "Put the file in a folder of its own, with what it imports.");

    /// <summary>Something else is where an output should be unpacked.</summary>
    public static readonly ErrorDefinition UnpackTargetExists = new(nameof(UnpackTargetExists), InvalidArgument,
        "An output cannot be unpacked: something else has its name in the folder.", "Move it away, or give another folder with -Unpack.");

    // --- configuration ---

    /// <summary>A machines file has a bad entry.</summary>
    public static readonly ErrorDefinition MachinesEntryInvalid = new(nameof(MachinesEntryInvalid), InvalidData,
        "An entry of the builders configuration cannot be read.", "Correct the line and column that the message names.");

    /// <summary>A file of the configuration cannot be read.</summary>
    public static readonly ErrorDefinition ConfigurationFileUnreadable = new(nameof(ConfigurationFileUnreadable), ReadWriteError,
        "A configuration file cannot be read.", "Check that it exists and that you may read it.");

    /// <summary>nix.conf has a bad line.</summary>
    public static readonly ErrorDefinition NixConfInvalid = new(nameof(NixConfInvalid), InvalidData,
        "nix.conf has a line that cannot be read.", "Correct the line that the message names.");

    /// <summary>A configuration is larger than any that is meant.</summary>
    public static readonly ErrorDefinition ConfigurationTooLarge = new(nameof(ConfigurationTooLarge), InvalidData,
        "The configuration is larger than a limit of this module allows.", "Check that the right file is named and that its includes do not multiply; the message names the limit.");

    /// <summary>A file to write exists.</summary>
    public static readonly ErrorDefinition DestinationExists = new(nameof(DestinationExists), InvalidArgument,
        "The file to write exists already.", "Give another name, or -Force to replace it.");

    /// <summary>A file cannot be written.</summary>
    public static readonly ErrorDefinition DestinationUnwritable = new(nameof(DestinationUnwritable), ReadWriteError,
        "A file cannot be written.", "Check that its folder exists and that you may write there.");

    /// <summary>A conversion would lose entries that could not be read.</summary>
    public static readonly ErrorDefinition ConversionIncomplete = new(nameof(ConversionIncomplete), InvalidData,
        "Some entries could not be read, so that the converted file would lack them; it was not written.", "Correct the entries that the errors before name, then convert again.");

    /// <summary>No builder has the name that was asked for.</summary>
    public static readonly ErrorDefinition BuilderNotFound = new(nameof(BuilderNotFound), ObjectNotFound,
        "No builder has this name.", "Get-NixBuilder lists the names.");

    /// <summary>A file of the module is not there.</summary>
    public static readonly ErrorDefinition ModuleIncomplete = new(nameof(ModuleIncomplete), ObjectNotFound,
        "A file of the module itself is not there.", "Install the module again, or build it with build.ps1.");

    // --- what Test-NixBuilder finds ---

    /// <summary>A builder that is switched off.</summary>
    public static readonly ErrorDefinition BuilderDisabled = new(nameof(BuilderDisabled), ResourceUnavailable,
        "The builder is switched off in its entry, so that it never gets work.", "Set enabled to true in its entry.");

    /// <summary>An entry with the job count 0.</summary>
    public static readonly ErrorDefinition BuilderTakesNoJobs = new(nameof(BuilderTakesNoJobs), ResourceUnavailable,
        "The job count in the builder's entry is 0, so that it never gets work.", "Give it a job count over 0, or remove it.");

    /// <summary>Nix's daemon does not take this user's builders.</summary>
    public static readonly ErrorDefinition BuildersIgnored = new(nameof(BuildersIgnored), SecurityError,
        "The Nix daemon of this machine does not trust the user, so that Nix ignores the builders of his own configuration; this module uses them.",
        "Write the builders to /etc/nix/machines, or add the user to trusted-users in /etc/nix/nix.conf and restart the daemon.");

    /// <summary>A shell that lets nobody in.</summary>
    public static readonly ErrorDefinition LoginShellRefuses = new(nameof(LoginShellRefuses), AuthenticationError,
        "The login shell of the user there runs no commands.", "Give the user a shell there: usermod --shell /bin/sh USER, on NixOS users.users.USER.useDefaultShell = true.");

    /// <summary>Another command runs than the one that was asked for.</summary>
    public static readonly ErrorDefinition ForcedCommand = new(nameof(ForcedCommand), AuthenticationError,
        "The server runs another command than Nix's program, whatever it is asked for.",
        "Correct command= of the key in authorized_keys, or ForceCommand in sshd_config, to run nix-store --serve --write (ssh://) or nix-daemon --stdio (ssh-ng://).");

    /// <summary>The builder's nix-daemon is not there.</summary>
    public static readonly ErrorDefinition DaemonUnavailable = new(nameof(DaemonUnavailable), ResourceUnavailable,
        "Nix's program on the builder does not reach its daemon.", "Start nix-daemon there: systemctl restart nix-daemon.socket nix-daemon; its log tells why it ended.");

    /// <summary>No answer in time.</summary>
    public static readonly ErrorDefinition BuilderSilent = new(nameof(BuilderSilent), OperationTimeout,
        "The builder let us in, and then did not answer in time.", "Look at its load, memory and disk, and whether its nix-daemon hangs.");

    /// <summary>Writing to the store is not possible.</summary>
    public static readonly ErrorDefinition StoreReadOnly = new(nameof(StoreReadOnly), ReadWriteError,
        "The builder's store cannot be written.", "Check there that /nix is mounted for writing, and that nix-daemon runs as root: mount -o remount,rw /nix.");

    /// <summary>No room is left.</summary>
    public static readonly ErrorDefinition DiskFull = new(nameof(DiskFull), ReadWriteError,
        "The disk of the builder is full.", "Free space there: nix-collect-garbage -d; min-free in its nix.conf keeps room.");

    /// <summary>Not much room is left.</summary>
    public static readonly ErrorDefinition DiskLow = new(nameof(DiskLow), ReadWriteError,
        "The builder has little disk space left.", "Free space there: nix-collect-garbage -d; min-free in its nix.conf keeps room.");

    /// <summary>A claimed system that is not there.</summary>
    public static readonly ErrorDefinition SystemNotBuildable = new(nameof(SystemNotBuildable), InvalidData,
        "The builder's entry claims a system that its Nix does not build.", "Remove the system from the entry, or add it to extra-platforms in the builder's nix.conf (with emulation, binfmt).");

    /// <summary>A claimed feature that is not there.</summary>
    public static readonly ErrorDefinition FeatureMissing = new(nameof(FeatureMissing), InvalidData,
        "The builder's entry claims a feature that its Nix does not have.", "Remove the feature from the entry, or add it to system-features in the builder's nix.conf.");

    /// <summary>max-jobs = 0 on the builder.</summary>
    public static readonly ErrorDefinition NoJobsOnBuilder = new(nameof(NoJobsOnBuilder), ResourceUnavailable,
        "The builder's own nix.conf allows it no builds: max-jobs is 0 there.", "Set max-jobs in the builder's nix.conf to 1 or more, or auto, and restart its daemon.");

    /// <summary>The clocks differ.</summary>
    public static readonly ErrorDefinition ClockSkewed = new(nameof(ClockSkewed), InvalidResult,
        "The clock of the builder differs from this machine's.", "Set the time there: timedatectl set-ntp true.");

    /// <summary>A tiny build failed.</summary>
    public static readonly ErrorDefinition BuildProbeFailed = new(nameof(BuildProbeFailed), InvalidResult,
        "The builder answers, but cannot build even a tiny derivation.", "Act on its own words in the message; nix-build there must work as well.");

    /// <summary>A tiny build did not end.</summary>
    public static readonly ErrorDefinition BuildProbeTimedOut = new(nameof(BuildProbeTimedOut), OperationTimeout,
        "A tiny derivation was not built in time.", "Look there for builds that hang, for locks and for build users that are all taken (nixbld); -BuildTimeout changes the limit.");

    /// <summary>A machine could not be set up.</summary>
    public static readonly ErrorDefinition RegistrationFailed = new(nameof(RegistrationFailed), InvalidResult,
        "The machine could not be set up as a builder; what was done is undone.", "Act on the cause in the message, then repeat Register-NixBuilder.");

    /// <summary>Something that is not foreseen; a defect of this module.</summary>
    public static readonly ErrorDefinition Unexpected = new(nameof(Unexpected), FailureCategory.NotImplemented,
        "Something happened that this module does not expect.", "Report it with the text of the error.");

    /// <summary>All rows, in the order of their ids.</summary>
    public static IReadOnlyList<ErrorDefinition> All { get; } =
        [.. typeof(NixErrors).GetFields().Where(f => f.FieldType == typeof(ErrorDefinition))
            .Select(f => (ErrorDefinition)f.GetValue(null)!).OrderBy(d => d.Id, StringComparer.Ordinal)];
}
