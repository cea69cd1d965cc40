using static NixRemote.FailureCategory;

namespace NixRemote;

/// <summary>The table of all errors of the module, a part for each room: ids never change once released.</summary>
public static partial class NixErrors
{
    // Asked for after the rows of all parts are there: the order in which parts of a type are initialised is nobody's promise.
    private static readonly Lazy<IReadOnlyList<ErrorDefinition>> _all = new(() =>
        [.. typeof(NixErrors).GetFields().Where(f => f.FieldType == typeof(ErrorDefinition))
            .Select(f => (ErrorDefinition)f.GetValue(null)!).OrderBy(d => d.Id, StringComparer.Ordinal)]);

    /// <summary>Two parameters exclude each other.</summary>
    public static readonly ErrorDefinition ParametersConflict = new(nameof(ParametersConflict), InvalidArgument,
        "Two parameters exclude each other.", "Give one of those that the message names.");

    /// <summary>A file of the module is not there.</summary>
    public static readonly ErrorDefinition ModuleIncomplete = new(nameof(ModuleIncomplete), ObjectNotFound,
        "A file of the module itself is not there.", "Install the module again, or build it with build.ps1.");

    /// <summary>Something that is not foreseen; a defect of this module.</summary>
    public static readonly ErrorDefinition Unexpected = new(nameof(Unexpected), FailureCategory.NotImplemented,
        "Something happened that this module does not expect.", "Report it with the text of the error.");

    /// <summary>All rows, in the order of their ids.</summary>
    public static IReadOnlyList<ErrorDefinition> All => _all.Value;
}
