using NixRemote.Transport;
using Renci.SshNet.Security;

namespace NixRemote.Adapters.Ssh;

/// <summary>A user certificate, offered instead of the key that it certifies, which signs.</summary>
/// <param name="certificate">The certificate.</param>
/// <param name="key">Signs with the key.</param>
internal sealed class CertificateAlgorithm(HostKey certificate, HostAlgorithm key) : HostAlgorithm(key.Name + SshPublicKeys.CertificateSuffix)
{
    /// <inheritdoc/>
    public override byte[] Data => certificate.Blob.ToArray();

    /// <inheritdoc/>
    public override byte[] Sign(byte[] data) => key.Sign(data);

    /// <inheritdoc/>
    public override bool VerifySignature(byte[] data, byte[] signature) => throw new NotSupportedException("It is only used to sign.");
}
