using static NixRemote.FailureCategory;

namespace NixRemote;

// Errors of speaking with a store or a binary cache.
public static partial class NixErrors
{
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
        "A file of a binary cache is not what its .narinfo promises.", "Remove that file and the .narinfo from the cache, then copy the path there again.");

    /// <summary>A compression that cannot be read or written.</summary>
    public static readonly ErrorDefinition CompressionUnsupported = new(nameof(CompressionUnsupported), NotImplemented,
        "Archives of this compression cannot be read, or not written.", "Set compression=zstd or compression=none in the URI of the cache.");

    /// <summary>An HTTP request failed.</summary>
    public static readonly ErrorDefinition HttpFailed = new(nameof(HttpFailed), ConnectionError,
        "A binary cache did not answer as it must.", "Check its address, the network and the server; the message tells what it answered.");
}
