namespace NixRemote.StoreObjects;

/// <summary>One output of a derivation: the three strings of the .drv, exactly as they stand there (nar.md §6.1).</summary>
/// <param name="Name">The output's name: <c>out</c>, <c>dev</c>.</param>
/// <param name="Path">Its store path, or null where it is not known before the build.</param>
/// <param name="HashAlgorithm">For example <c>r:sha256</c>; empty for input-addressed outputs.</param>
/// <param name="Hash">The digest in base 16, <c>impure</c>, or empty.</param>
public sealed record DerivationOutput(string Name, StorePath? Path, string HashAlgorithm, string Hash)
{
    /// <summary>The kind, by the three strings.</summary>
    public DerivationOutputKind Kind => (Path, HashAlgorithm, Hash) switch
    {
        (not null, "", "") => DerivationOutputKind.InputAddressed,
        (not null, not "", not "") => DerivationOutputKind.Fixed,
        (null, "", "") => DerivationOutputKind.Deferred,
        (null, not "", "impure") => DerivationOutputKind.Impure,
        (null, not "", "") => DerivationOutputKind.FloatingContentAddressed,
        _ => DerivationOutputKind.Invalid,
    };
}
