using static NixRemote.FailureCategory;

namespace NixRemote;

// Errors of the builders configuration and its files.
public static partial class NixErrors
{
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
}
