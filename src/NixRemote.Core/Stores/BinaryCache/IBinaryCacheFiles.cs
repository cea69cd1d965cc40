namespace NixRemote.Stores.BinaryCache;

/// <summary>The files of a binary cache, by their names relative to it. Calls may run at the same time.</summary>
internal interface IBinaryCacheFiles : IDisposable
{
    /// <summary>Small files that are good to be asked for at a time.</summary>
    int Requests { get; }

    /// <summary>Archives that are good to be opened before they are read.</summary>
    int ArchivesAhead { get; }

    /// <summary>Whether a cache must have its nix-cache-info to be one.</summary>
    bool IsInfoRequired { get; }

    /// <summary>Whether a file is there.</summary>
    Task<bool> ExistsAsync(string name, CancellationToken cancellationToken);

    /// <summary>A small file; null if it is not there.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="limit">The bytes that it may have.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="NixRemoteException">LimitExceeded, CacheUnusable, HttpFailed.</exception>
    Task<byte[]?> ReadAsync(string name, int limit, CancellationToken cancellationToken);

    /// <summary>A file of any size, to be read asynchronously; null if it is not there. Its reads throw
    /// <see cref="NixRemoteException"/>.</summary>
    Task<Stream?> OpenAsync(string name, CancellationToken cancellationToken);
}
