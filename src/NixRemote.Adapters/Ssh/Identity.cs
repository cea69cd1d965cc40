using NixRemote.Transport;
using Renci.SshNet;
using Renci.SshNet.Security;

namespace NixRemote.Adapters.Ssh;

/// <summary>A private key that can be offered to a server.</summary>
/// <param name="Source">Where it is from, for messages: a file, or the agent.</param>
/// <param name="HostKeyAlgorithms">The signature algorithms to offer it with, the best first.</param>
internal sealed record Identity(string Source, IReadOnlyCollection<HostAlgorithm> HostKeyAlgorithms) : IPrivateKeySource
{
    /// <summary><c>FILE (TYPE FINGERPRINT)</c>.</summary>
    public override string ToString() =>
        HostKeyAlgorithms.FirstOrDefault() is { } first && HostKey.FromBlob(first.Data) is { } key ? $"{Source} ({key.Type} {key.Fingerprint})" : Source;
}
