using NixRemote.StoreObjects;

namespace NixRemote.Stores;

/// <summary>What a copy has done.</summary>
/// <param name="Copied">The paths that were sent, in their order.</param>
/// <param name="Skipped">The paths that the destination had, or fetched itself.</param>
/// <param name="Bytes">Bytes of the archives that were sent.</param>
public sealed record CopyResult(IReadOnlyList<StorePath> Copied, IReadOnlyList<StorePath> Skipped, long Bytes);
