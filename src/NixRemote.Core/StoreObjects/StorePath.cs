using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace NixRemote.StoreObjects;

/// <summary>The path of a store object, <c>/nix/store/HASH-NAME</c> (nar.md §3.1): a value, not a file.</summary>
public sealed class StorePath : IEquatable<StorePath>, IComparable<StorePath>
{
    /// <summary>The store directory of nearly all installations.</summary>
    public const string DefaultStoreDirectory = "/nix/store";

    /// <summary>Characters of the hash part.</summary>
    public const int HashLength = 32;

    /// <summary>The longest name.</summary>
    public const int MaxNameLength = 211;

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-._?=");

    private readonly string _path;
    private readonly int _baseStart;
    private int _hashCode;

    private StorePath(string path, int baseStart)
    {
        _path = path;
        _baseStart = baseStart;
    }

    /// <summary>The directory, without a slash at its end.</summary>
    public string StoreDirectory => _path[..(_baseStart - 1)];

    /// <summary><c>HASH-NAME</c>.</summary>
    public string BaseName => _path[_baseStart..];

    /// <summary>The 32 nix32 digits.</summary>
    public string HashPart => _path.Substring(_baseStart, HashLength);

    /// <summary>What follows the hash and its dash.</summary>
    public string Name => _path[(_baseStart + HashLength + 1)..];

    /// <summary>Whether the name ends in <c>.drv</c>.</summary>
    public bool IsDerivation => _path.EndsWith(".drv", StringComparison.Ordinal);

    /// <summary><see cref="StoreDirectory"/> and <see cref="BaseName"/> without a text of their own.</summary>
    internal ReadOnlySpan<char> DirectoryText => _path.AsSpan(0, _baseStart - 1);

    /// <inheritdoc cref="DirectoryText"/>
    internal ReadOnlySpan<char> BaseText => _path.AsSpan(_baseStart);

    /// <summary>Reads a full store path; nothing may follow the base name.</summary>
    /// <exception cref="NixRemoteException">StorePathInvalid.</exception>
    public static StorePath Parse(string text, string storeDirectory = DefaultStoreDirectory) =>
        TryParse(text, out var path, out var reason, storeDirectory)
            ? path
            : throw new NixRemoteException(NixErrors.StorePathInvalid, $"'{Shorten(text)}' is not a store path: {reason}.")
            {
                Target = text,
            };

    /// <summary>Reads a full store path; false if it is none.</summary>
    public static bool TryParse(
        [NotNullWhen(true)] string? text,
        [NotNullWhen(true)] out StorePath? path,
        string storeDirectory = DefaultStoreDirectory) =>
        TryParse(text, out path, out _, storeDirectory);

    /// <summary>Puts a path together from its base name.</summary>
    /// <exception cref="NixRemoteException">StorePathInvalid.</exception>
    public static StorePath FromBaseName(string baseName, string storeDirectory = DefaultStoreDirectory) =>
        Parse($"{storeDirectory}/{baseName}", storeDirectory);

    /// <summary>The full path.</summary>
    public override string ToString() => _path;

    /// <inheritdoc/>
    public bool Equals(StorePath? other) => other is not null && string.Equals(_path, other._path, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as StorePath);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        // Graphs look paths up again and again; 0 means not computed yet.
        if (_hashCode == 0)
        {
            _hashCode = _path.GetHashCode(StringComparison.Ordinal);
        }

        return _hashCode;
    }

    /// <summary>Byte order of the full paths, which is Nix's (all characters are ASCII).</summary>
    public int CompareTo(StorePath? other) => string.CompareOrdinal(_path, other?._path);

    /// <summary>Equality of the full paths.</summary>
    public static bool operator ==(StorePath? left, StorePath? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Inequality of the full paths.</summary>
    public static bool operator !=(StorePath? left, StorePath? right) => !(left == right);

    private static bool TryParse(string? text, [NotNullWhen(true)] out StorePath? path, out string reason, string storeDirectory)
    {
        path = null;
        var start = storeDirectory.Length + 1;
        if (text is null || text.Length <= start || !text.StartsWith(storeDirectory, StringComparison.Ordinal) || text[start - 1] != '/')
        {
            reason = $"it does not begin with {storeDirectory}/";
            return false;
        }

        var baseName = text.AsSpan(start);
        if (baseName.Length < HashLength + 2 || baseName[HashLength] != '-')
        {
            reason = "a hash of 32 characters, a dash and a name must follow the store directory";
            return false;
        }

        foreach (var c in baseName[..HashLength])
        {
            if (!NixBase32.IsDigit(c))
            {
                reason = $"'{c}' cannot stand in its hash";
                return false;
            }
        }

        var name = baseName[(HashLength + 1)..];
        if (name.Length > MaxNameLength)
        {
            reason = $"its name is longer than {MaxNameLength} characters";
            return false;
        }

        if (name.IndexOfAnyExcept(NameCharacters) is var bad and >= 0)
        {
            reason = $"'{name[bad]}' cannot stand in its name";
            return false;
        }

        reason = "";
        path = new StorePath(text, start);
        return true;
    }

    /// <summary>Whether all characters may stand in a name, as those of an output's name must too.</summary>
    internal static bool IsName(ReadOnlySpan<char> text) => !text.IsEmpty && text.IndexOfAnyExcept(NameCharacters) < 0;

    private static string Shorten(string text) => text.Length <= 300 ? text : text[..300] + "…";
}
