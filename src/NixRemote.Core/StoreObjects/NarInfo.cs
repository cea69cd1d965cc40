using System.Globalization;
using System.Text;

namespace NixRemote.StoreObjects;

/// <summary>A .narinfo file of a binary cache (nar.md §4.1): what is known of a path, and where its archive is.</summary>
public sealed record NarInfo
{
    private const string NoDeriver = "unknown-deriver";

    /// <summary>The path.</summary>
    public required PathInfo Path { get; init; }

    /// <summary>The file of the archive, relative to the cache.</summary>
    public required string Url { get; init; }

    /// <summary>How that file is compressed: <c>none</c>, <c>xz</c>, <c>zstd</c> …</summary>
    public string Compression { get; init; } = "bzip2";

    /// <summary>The hash of that file, if known.</summary>
    public NixHash? FileHash { get; init; }

    /// <summary>The bytes of that file, if known.</summary>
    public long? FileSize { get; init; }

    /// <summary>Reads a file.</summary>
    /// <param name="text">Its text.</param>
    /// <param name="storeDirectory">The store directory of its paths.</param>
    /// <exception cref="NixRemoteException">NarInfoInvalid, naming the line; LimitExceeded.</exception>
    public static NarInfo Parse(string text, string storeDirectory = StorePath.DefaultStoreDirectory)
    {
        if (text.Length > StoreObjectLimits.NarInfoBytes)
        {
            throw new NixRemoteException(NixErrors.LimitExceeded,
                $"A .narinfo file has {text.Length} characters; it may have {StoreObjectLimits.NarInfoBytes}.");
        }

        var fields = new Dictionary<string, (string Value, int Line)>(StringComparer.Ordinal);
        var signatures = new List<string>();
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length - 1; i++)
        {
            var colon = lines[i].IndexOf(": ", StringComparison.Ordinal);
            if (colon < 0)
            {
                throw Invalid(i + 1, "'KEY: VALUE' must stand here");
            }

            var key = lines[i][..colon];
            var value = lines[i][(colon + 2)..];
            if (key == "Sig")
            {
                signatures.Add(value);
            }
            else if (!fields.TryAdd(key, (value, i + 1)))
            {
                throw Invalid(i + 1, $"'{key}' must stand here only once");
            }
        }

        if (lines[^1].Length > 0)
        {
            throw Invalid(lines.Length, "the file must end with the end of a line");
        }

        return new Fields(fields, storeDirectory).Build(signatures);
    }

    /// <summary>The file's text, keys in the order that Nix writes.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        Line("StorePath", Path.Path.ToString());
        Line("URL", Url);
        Line("Compression", Compression);
        Line("FileHash", FileHash?.ToString());
        Line("FileSize", FileSize?.ToString(CultureInfo.InvariantCulture));
        Line("NarHash", Path.NarHash.ToString());
        Line("NarSize", Path.NarSize.ToString(CultureInfo.InvariantCulture));
        Line("References", string.Join(' ', Path.References.Select(reference => reference.BaseName)));
        Line("Deriver", Path.Deriver?.BaseName);
        foreach (var signature in Path.Signatures)
        {
            Line("Sig", signature);
        }

        Line("CA", Path.ContentAddress);
        return text.ToString();

        void Line(string key, string? value)
        {
            if (value is not null)
            {
                text.Append(key).Append(": ").Append(value).Append('\n');
            }
        }
    }

    private static NixRemoteException Invalid(int line, string expectation) =>
        new(NixErrors.NarInfoInvalid, $"The .narinfo file is corrupt in line {line}: {expectation}.");

    private sealed class Fields(Dictionary<string, (string Value, int Line)> fields, string storeDirectory)
    {
        public NarInfo Build(List<string> signatures) => new()
        {
            Path = new PathInfo
            {
                Path = Required("StorePath", text => StorePath.TryParse(text, out var path, storeDirectory) ? path : null, "a store path"),
                NarHash = Required<NixHash>("NarHash",
                    text => Hash(text) is { Algorithm: NixHashAlgorithm.Sha256 } hash ? hash : null, "a SHA-256 hash"),
                NarSize = Required<long>("NarSize", text => Size(text) is > 0 and var size ? size : null, "a size over 0"),
                References = Optional("References", References, "base names of store paths") ?? [],
                Deriver = fields.TryGetValue("Deriver", out var deriver) && deriver.Value == NoDeriver
                    ? null
                    : Optional("Deriver", BaseName, "the base name of a store path"),
                Signatures = [.. signatures.Distinct().Order(StringComparer.Ordinal)],
                ContentAddress = Optional("CA",
                    text => StoreObjects.ContentAddress.TryParse(text) is null ? null : text, "a content address"),
            },
            Url = Required("URL", text => text.Length == 0 ? null : text, "the file of the archive"),
            Compression = Optional("Compression", text => text.Length == 0 ? "bzip2" : text, "a compression") ?? "bzip2",
            FileHash = Optional("FileHash", Hash, "a hash"),
            FileSize = Optional("FileSize", Size, "a size"),
        };

        private static NixHash? Hash(string text) => NixHash.TryParse(text, null, out var hash) ? hash : null;

        private static long? Size(string text) =>
            long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : null;

        private StorePath? BaseName(string text) =>
            StorePath.TryParse($"{storeDirectory}/{text}", out var path, storeDirectory) ? path : null;

        private IReadOnlyList<StorePath>? References(string text)
        {
            var paths = new SortedSet<StorePath>();
            foreach (var name in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                if (BaseName(name) is not { } path)
                {
                    return null;
                }

                paths.Add(path);
            }

            return [.. paths];
        }

        private T Required<T>(string key, Func<string, T?> read, string expectation) where T : class =>
            Optional(key, read, expectation) ?? throw Missing(key);

        private T Required<T>(string key, Func<string, T?> read, string expectation) where T : struct =>
            Optional(key, read, expectation) ?? throw Missing(key);

        private T? Optional<T>(string key, Func<string, T?> read, string expectation) where T : class =>
            fields.TryGetValue(key, out var field)
                ? read(field.Value) ?? throw Invalid(field.Line, $"'{key}' must be {expectation}")
                : null;

        private T? Optional<T>(string key, Func<string, T?> read, string expectation) where T : struct =>
            fields.TryGetValue(key, out var field)
                ? read(field.Value) ?? throw Invalid(field.Line, $"'{key}' must be {expectation}")
                : null;

        private static NixRemoteException Missing(string key) =>
            new(NixErrors.NarInfoInvalid, $"The .narinfo file is corrupt: it has no '{key}'.");
    }
}
