namespace NixRemote.Stores;

/// <summary>How a store is spoken to.</summary>
public enum StoreProtocol
{
    /// <summary><c>nix-store --serve --write</c> (wire.md §3).</summary>
    Serve,

    /// <summary><c>nix-daemon</c> (wire.md §4).</summary>
    Worker,
}
