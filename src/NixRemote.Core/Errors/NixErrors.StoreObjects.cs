using static NixRemote.FailureCategory;

namespace NixRemote;

// Errors of what is moved: paths, archives, hashes, keys, derivations.
public static partial class NixErrors
{
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
}
