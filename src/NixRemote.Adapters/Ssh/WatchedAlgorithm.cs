using Renci.SshNet.Security;

namespace NixRemote.Adapters.Ssh;

/// <summary>A key that also tells what is done with it: offered to the server, and asked for a signature.</summary>
/// <param name="key">The key.</param>
/// <param name="offered">Told whenever the public key is taken for a message.</param>
/// <param name="signed">Told of each signature.</param>
internal sealed class WatchedAlgorithm(HostAlgorithm key, Action offered, Action signed) : HostAlgorithm(key.Name)
{
    /// <inheritdoc/>
    public override byte[] Data
    {
        get
        {
            offered();
            return key.Data;
        }
    }

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
