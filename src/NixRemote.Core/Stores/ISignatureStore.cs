using NixRemote.StoreObjects;

namespace NixRemote.Stores;

/// <summary>A store whose paths can be signed where they are.</summary>
public interface ISignatureStore : INixStore
{
    /// <summary>Adds signatures to what the store knows of a valid path; those that are there stay.</summary>
    /// <param name="path">The path.</param>
    /// <param name="signatures">Signatures as <c>name:base64</c>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="NixRemoteException">PathNotValid, and what the store throws.</exception>
    Task AddSignaturesAsync(StorePath path, IReadOnlyCollection<string> signatures, CancellationToken cancellationToken);
}
