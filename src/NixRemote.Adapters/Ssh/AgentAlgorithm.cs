using NixRemote.Transport;
using Renci.SshNet.Security;

namespace NixRemote.Adapters.Ssh;

/// <summary>A key that an SSH agent holds and signs with.</summary>
/// <param name="name">The signature algorithm.</param>
/// <param name="key">The key, or certificate, as the agent knows it.</param>
/// <param name="agent">The agent.</param>
/// <param name="failed">Told that it has not signed.</param>
/// <param name="cancellationToken">Ends the wait for a signature.</param>
internal sealed class AgentAlgorithm(string name, HostKey key, SshAgent agent, Action<NixRemoteException> failed, CancellationToken cancellationToken)
    : HostAlgorithm(name)
{
    /// <inheritdoc/>
    public override byte[] Data => key.Blob.ToArray();

    /// <summary>Has the agent sign. SSH.NET asks on a thread that may wait.</summary>
    /// <returns>The signature; one that no server accepts where the agent refuses, so that the next key gets its turn.</returns>
    public override byte[] Sign(byte[] data)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(SshLimits.AgentSignTimeout);
        try
        {
            if (agent.SignAsync(key.Blob.ToArray(), data, Name, limit.Token).GetAwaiter().GetResult() is { } signature)
            {
                return signature;
            }

            failed(new NixRemoteException(NixErrors.AgentRefused, $"The SSH agent at '{agent.Address}' refuses to sign with {key.Type} {key.Fingerprint}.")
            {
                Target = agent.Address,
            });
        }
        catch (NixRemoteException e)
        {
            failed(e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            failed(new NixRemoteException(NixErrors.AgentRefused,
                $"The SSH agent at '{agent.Address}' has not signed within {SshLimits.AgentSignTimeout.TotalSeconds:0} s.", e) { Target = agent.Address });
        }

        // string algorithm, string signature: an empty one.
        return [.. SshBlob.String(Name), .. SshBlob.String("")];
    }

    /// <inheritdoc/>
    public override bool VerifySignature(byte[] data, byte[] signature) => throw new NotSupportedException("It is only used to sign.");
}
