using NixRemote.StoreObjects;

namespace NixRemote.Builds;

/// <summary>One derivation that a run would build.</summary>
/// <param name="DerivationPath">The derivation.</param>
/// <param name="Builder">The builder that it would be given to if all builds took the same time; null if none takes it.</param>
/// <param name="UploadPaths">Paths that would be brought there for it from existing stores.</param>
/// <param name="UploadBytes">Bytes of their archives. Outputs that are yet to be built are not known, and not counted.</param>
/// <param name="Problem">Why no builder takes it; null if one does.</param>
public sealed record PlannedBuild(StorePath DerivationPath, string? Builder, int UploadPaths, long UploadBytes, NixRemoteException? Problem);
