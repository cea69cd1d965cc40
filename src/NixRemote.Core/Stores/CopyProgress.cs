using NixRemote.StoreObjects;

namespace NixRemote.Stores;

/// <summary>How far a copy is.</summary>
/// <param name="Path">The path that is on its way.</param>
/// <param name="PathsDone">Paths sent as a whole.</param>
/// <param name="PathsTotal">Paths to send.</param>
/// <param name="BytesDone">Bytes of archives sent.</param>
/// <param name="BytesTotal">Bytes of archives to send.</param>
public readonly record struct CopyProgress(StorePath Path, int PathsDone, int PathsTotal, long BytesDone, long BytesTotal);
