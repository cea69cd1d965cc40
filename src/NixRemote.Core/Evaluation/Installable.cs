namespace NixRemote.Evaluation;

/// <summary>A flake reference with an attribute and the outputs that are wanted.</summary>
/// <param name="Reference">The flake: <c>nixpkgs</c>, <c>.</c>, <c>github:OWNER/REPOSITORY</c>, or a store path.</param>
/// <param name="Attribute">What is behind <c>#</c>; null: none, the flake's default.</param>
/// <param name="Outputs">What is behind <c>^</c>, as Nix writes it: <c>out,dev</c> or <c>*</c>; null: the outputs that are
/// installed by default, which here are all.</param>
public sealed record Installable(string Reference, string? Attribute, string? Outputs)
{
    /// <summary>The folder of this machine that the reference means: <c>.</c>, <c>./app</c>, <c>../app</c>, <c>path:app</c>, or an
    /// absolute path outside the store; null if it means none.</summary>
    public string? LocalFolder
    {
        get
        {
            var isPath = Reference.StartsWith("path:", StringComparison.Ordinal);
            var path = isPath ? Reference["path:".Length..] : Reference;
            return path.StartsWith(StoreObjects.StorePath.DefaultStoreDirectory + "/", StringComparison.Ordinal) ? null
                : isPath || path is "." or ".." || path.StartsWith("./", StringComparison.Ordinal) || path.StartsWith("../", StringComparison.Ordinal)
                    || Path.IsPathFullyQualified(path) || (OperatingSystem.IsWindows() && (path.StartsWith(@".\", StringComparison.Ordinal) || path.StartsWith(@"..\", StringComparison.Ordinal)))
                ? path
                : null;
        }
    }

    /// <summary>The reference with its attribute, as <c>nix</c> takes it.</summary>
    public string Unqualified => Attribute is null ? Reference : $"{Reference}#{Attribute}";

    /// <summary>Reads <c>REFERENCE[#ATTRIBUTE][^OUTPUTS]</c>.</summary>
    /// <exception cref="NixRemoteException">InstallableInvalid.</exception>
    public static Installable Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var fragment = text.IndexOf('#', StringComparison.Ordinal);

        // A '^' in front of '#' belongs to the reference (a query of a URL).
        var mark = text.LastIndexOf('^');
        var outputs = mark > fragment ? text[(mark + 1)..] : null;
        var rest = outputs is null ? text : text[..mark];
        var (reference, attribute) = fragment < 0 ? (rest, null) : (rest[..fragment], rest[(fragment + 1)..]);
        if (reference.Length == 0)
        {
            // "#app" is the flake of the current folder.
            reference = ".";
        }

        return text.Length == 0 || reference[0] == '-' || outputs is "" || text.Any(char.IsControl)
            ? throw new NixRemoteException(NixErrors.InstallableInvalid, $"'{text}' is no installable: it must be FLAKE#ATTRIBUTE, perhaps with ^OUTPUTS.") { Target = text }
            : new Installable(reference, attribute is "" ? null : attribute, outputs);
    }

    /// <summary>As it was written.</summary>
    public override string ToString() => Outputs is null ? Unqualified : $"{Unqualified}^{Outputs}";
}
