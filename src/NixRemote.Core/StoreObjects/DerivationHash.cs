namespace NixRemote.StoreObjects;

/// <summary>The hash of a derivation that stays the same when a fixed input is merely fetched another way (nar.md §8).</summary>
/// <param name="Kind">What it says of the outputs.</param>
/// <param name="Hash">SHA-256.</param>
public readonly record struct DerivationHash(DerivationHashKind Kind, NixHash Hash);
