using static NixRemote.FailureCategory;

namespace NixRemote;

// Errors of turning goals into derivations.
public static partial class NixErrors
{
    /// <summary>The evaluation failed.</summary>
    public static readonly ErrorDefinition EvaluationFailed = new(nameof(EvaluationFailed), InvalidResult,
        "Nix could not evaluate what was asked for.", "The message is Nix's own; correct the expression.");

    /// <summary>Nix is not there.</summary>
    public static readonly ErrorDefinition EvaluatorMissing = new(nameof(EvaluatorMissing), ObjectNotFound,
        "There is no nix-instantiate or nix on the PATH of the machine that evaluates.",
        "Install Nix there, evaluate on a builder with -EvaluateOn, or give -DerivationPath.");

    /// <summary>A text is no installable.</summary>
    public static readonly ErrorDefinition InstallableInvalid = new(nameof(InstallableInvalid), InvalidArgument,
        "A text is not an installable.", "Write FLAKE#ATTRIBUTE, as in nixpkgs#hello, perhaps with ^OUTPUTS behind.");

    /// <summary>A folder is too much to send to a builder.</summary>
    public static readonly ErrorDefinition SourceFolderRefused = new(nameof(SourceFolderRefused), InvalidArgument,
        "The file to evaluate lies in a folder that is not sent to another machine: everybody there could read it.",
        "Put the file in a folder of its own, with what it imports.");
}
