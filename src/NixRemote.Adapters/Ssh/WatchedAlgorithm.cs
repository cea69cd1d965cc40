using Renci.SshNet.Security;

namespace NixRemote.Adapters.Ssh;

/// <summary>A key that also tells when a signature with it was asked for: then the server has seen, and may know, the key.</summary>
/// <param name="key">The key.</param>
/// <param name="signed">Told of each signature.</param>
internal sealed class WatchedAlgorithm(HostAlgorithm key, Action signed) : HostAlgorithm(key.Name)
{
    /// <inheritdoc/>
    public override byte[] Data => key.Data;

    /// <inheritdoc/>
    public override byte[] Sign(byte[] data)
    {
        var signature = key.Sign(data);
        signed();
        return signature;
    }

    /// <inheritdoc/>
    public override bool VerifySignature(byte[] data, byte[] signature) => key.VerifySignature(data, signature);
}
