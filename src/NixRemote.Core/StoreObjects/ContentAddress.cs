namespace NixRemote.StoreObjects;

/// <summary>How a path follows from its content (nar.md §3.3): <c>text:sha256:DIGEST</c> or
/// <c>fixed:[r:|git:]ALGORITHM:DIGEST</c>.</summary>
/// <param name="Method">What is hashed.</param>
/// <param name="Hash">The hash.</param>
public sealed record ContentAddress(ContentAddressMethod Method, NixHash Hash)
{
    private static readonly ContentAddressMethod[] WithPrefix =
        [ContentAddressMethod.NixArchive, ContentAddressMethod.Git, ContentAddressMethod.Text];

    /// <summary>Reads a content address; the digest in any encoding.</summary>
    /// <exception cref="NixRemoteException">HashInvalid.</exception>
    public static ContentAddress Parse(string text) =>
        TryParse(text) ?? throw new NixRemoteException(NixErrors.HashInvalid, $"'{text}' is not a content address.") { Target = text };

    /// <summary>Reads a content address; null if it is none.</summary>
    public static ContentAddress? TryParse(ReadOnlySpan<char> text)
    {
        ContentAddressMethod method;
        ReadOnlySpan<char> hashText;
        if (text.StartsWith("text:", StringComparison.Ordinal))
        {
            method = ContentAddressMethod.Text;
            hashText = text["text:".Length..];
        }
        else if (text.StartsWith("fixed:", StringComparison.Ordinal))
        {
            method = TakeMethod(text["fixed:".Length..], out hashText);
            if (method == ContentAddressMethod.Text)
            {
                return null;
            }
        }
        else
        {
            return null;
        }

        return NixHash.TryParse(hashText, null, out var hash)
            && (method != ContentAddressMethod.Text || hash.Algorithm == NixHashAlgorithm.Sha256)
            ? new ContentAddress(method, hash)
            : null;
    }

    /// <summary>Reads the hash algorithm of a derivation's output, <c>[r:|text:|git:]ALGORITHM</c>; false if it is none
    /// or the method does not go with it.</summary>
    public static bool TryParseAlgorithm(ReadOnlySpan<char> text, out ContentAddressMethod method, out NixHashAlgorithm algorithm)
    {
        method = TakeMethod(text, out var name);
        return NixHash.TryParseAlgorithm(name, out algorithm)
            && (method != ContentAddressMethod.Text || algorithm == NixHashAlgorithm.Sha256);
    }

    /// <summary>The prefix of a method before the algorithm: empty, <c>r:</c>, <c>git:</c>, <c>text:</c>.</summary>
    public static string Prefix(ContentAddressMethod method) => method switch
    {
        ContentAddressMethod.Flat => "",
        ContentAddressMethod.NixArchive => "r:",
        ContentAddressMethod.Git => "git:",
        ContentAddressMethod.Text => "text:",
        _ => throw new ArgumentOutOfRangeException(nameof(method)),
    };

    /// <summary>Whether the path follows from its content address, so that it needs no signature (nar.md §3.3).</summary>
    public static bool Certifies(PathInfo info)
    {
        if (info.ContentAddress is null || TryParse(info.ContentAddress) is not { } address)
        {
            return false;
        }

        var others = info.References.Where(reference => reference != info.Path).ToList();
        var self = others.Count < info.References.Count;
        var plain = !self && others.Count == 0;
        return address.Method switch
        {
            ContentAddressMethod.Text when self => false,
            ContentAddressMethod.Flat or ContentAddressMethod.Git when !plain => false,
            ContentAddressMethod.NixArchive when !plain && address.Hash.Algorithm != NixHashAlgorithm.Sha256 => false,
            _ => StorePathFactory.FromContent(info.Path.Name, address, others, self, info.Path.StoreDirectory) == info.Path,
        };
    }

    /// <summary>The text, with a nix32 digest.</summary>
    public override string ToString() => Method == ContentAddressMethod.Text ? $"text:{Hash}" : $"fixed:{Prefix(Method)}{Hash}";

    private static ContentAddressMethod TakeMethod(ReadOnlySpan<char> text, out ReadOnlySpan<char> rest)
    {
        foreach (var method in WithPrefix)
        {
            if (text.StartsWith(Prefix(method), StringComparison.Ordinal))
            {
                rest = text[Prefix(method).Length..];
                return method;
            }
        }

        rest = text;
        return ContentAddressMethod.Flat;
    }
}
