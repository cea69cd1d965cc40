namespace NixRemote.StoreObjects;

/// <summary>What of a store object is hashed for its content address (nar.md §3.2, §3.3).</summary>
public enum ContentAddressMethod
{
    /// <summary>The bytes of a text file with references: <c>text:</c>.</summary>
    Text,

    /// <summary>The bytes of a file: no prefix.</summary>
    Flat,

    /// <summary>The archive of any object: <c>r:</c>.</summary>
    NixArchive,

    /// <summary>A git object of it: <c>git:</c>.</summary>
    Git,
}
