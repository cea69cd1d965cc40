namespace NixRemote.StoreObjects;

/// <summary>A path on its way: what is known of it, and its archive.</summary>
/// <param name="Info">The path info.</param>
/// <param name="Nar">Exactly the bytes of its NAR. Where it comes from a remote store, size and hash are checked against
/// <paramref name="Info"/> before the read that returns 0; a mismatch throws instead. Files of this machine are not hashed on the way out: the store that they go to does.</param>
public readonly record struct NarItem(PathInfo Info, Stream Nar);
