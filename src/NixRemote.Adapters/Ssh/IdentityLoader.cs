using NixRemote.Transport;
using Renci.SshNet.Security;

namespace NixRemote.Adapters.Ssh;

/// <summary>
/// Gathers the keys of a connection, in OpenSSH's order: certificates that are named, keys of the agent that are identity files
/// too, the agent's others, and the files that the agent does not have.
/// </summary>
/// <param name="config">The connection.</param>
/// <param name="options">The passphrases, and who is told decisions.</param>
internal sealed class IdentityLoader(SshHostConfig config, SshOptions options)
{
    private readonly List<NixRemoteException> _problems = [];
    private readonly List<NixRemoteException> _refusals = [];
    private NixRemoteException? _agentProblem;

    /// <summary>What the agent has refused while the keys were used.</summary>
    public IReadOnlyList<NixRemoteException> Refusals
    {
        get
        {
            lock (_refusals)
            {
                return [.. _refusals];
            }
        }
    }

    /// <summary>Loads all that can be used.</summary>
    /// <exception cref="NixRemoteException">IdentityFile…, IdentityPassphraseWrong: of a file that the builder's entry or NIX_SSHOPTS
    /// names, and that the agent does not have either.</exception>
    public async Task<IdentitySet> LoadAsync(CancellationToken cancellationToken)
    {
        var agent = config.IdentityAgent is { } address ? new SshAgent(address) : null;
        var held = agent is null ? [] : await ListAsync(agent, cancellationToken).ConfigureAwait(false);
        var certificates = config.CertificateFiles.Select(SshPublicKeys.CertificateIn).OfType<HostKey>().ToList();
        var fromAgent = new List<Identity>();
        var fromFiles = new List<Identity>();
        var matched = new HashSet<HostKey>();
        for (var i = 0; i < config.IdentityFiles.Count; i++)
        {
            var file = config.IdentityFiles[i];
            var publicKey = SshPublicKeys.OfIdentityFile(file);
            var beside = config.CertificateFiles.Count == 0 ? SshPublicKeys.CertificateIn(file + "-cert.pub") : null;
            List<HostKey> own = [.. beside is null ? [] : (HostKey[])[beside], .. certificates];
            if (publicKey is not null && held.FirstOrDefault(key => key.Key.Equals(publicKey)) is { } match)
            {
                matched.Add(publicKey);
                fromAgent.Add(WithCertificates($"{file} in the agent", AgentAlgorithms(match.Key, agent!, cancellationToken), publicKey, own));
                continue;
            }

            try
            {
                var algorithms = PrivateKeys.Read(file, options);
                fromFiles.Add(WithCertificates(file, algorithms, HostKey.FromBlob(algorithms[0].Data), own));
            }
            catch (NixRemoteException e) when (i >= config.RequiredIdentityFiles)
            {
                options.Verbose?.Invoke(e.Message);
                _problems.Add(e);
            }
        }

        // A named certificate counts as named, whether its key is in a file or only in the agent.
        bool IsNamed(HostKey key) => certificates.Exists(certificate => key.Equals(certificate) || key.Equals(SshPublicKeys.Certified(certificate)));
        var unmatched = held.Where(key => !matched.Contains(key.Key))
            .ToLookup(key => !config.IdentitiesOnly || IsNamed(key.Key), key => (Name: $"{(key.Comment.Length == 0 ? "a key" : $"'{key.Comment}'")} in the agent", key.Key));
        var others = unmatched[true].Select(key => WithCertificates(key.Name, AgentAlgorithms(key.Key, agent!, cancellationToken), key.Key, certificates));
        var identities = fromAgent.Concat(others).Concat(fromFiles).Where(identity => identity.HostKeyAlgorithms.Count > 0)
            .OrderByDescending(identity => identity.HostKeyAlgorithms.First() is CertificateAlgorithm).ToList();
        return new IdentitySet(identities, _problems, _agentProblem, [.. unmatched[false].Select(key => $"{key.Name} ({key.Key.Type} {key.Key.Fingerprint})")]);
    }

    private async Task<IReadOnlyList<SshAgentKey>> ListAsync(SshAgent agent, CancellationToken cancellationToken)
    {
        try
        {
            var keys = await agent.ListAsync(cancellationToken).ConfigureAwait(false);
            if (keys.Count == 0)
            {
                _agentProblem = new NixRemoteException(NixErrors.AgentHasNoKey, $"The SSH agent at '{agent.Address}' holds no key.") { Target = agent.Address };
            }

            return keys;
        }
        catch (NixRemoteException e)
        {
            options.Verbose?.Invoke(e.Message);
            _agentProblem = e;
            return [];
        }
    }

    private IReadOnlyList<HostAlgorithm> AgentAlgorithms(HostKey key, SshAgent agent, CancellationToken cancellationToken)
    {
        var suffix = SshPublicKeys.IsCertificate(key) ? SshPublicKeys.CertificateSuffix : "";
        string[] names = key.Type == "ssh-rsa" + suffix ? ["rsa-sha2-512" + suffix, "rsa-sha2-256" + suffix] : [key.Type];
        return [.. names.Select(name => new AgentAlgorithm(name, key, agent, Refused, cancellationToken))];
    }

    private void Refused(NixRemoteException failure)
    {
        options.Verbose?.Invoke(failure.Message);
        lock (_refusals)
        {
            _refusals.Add(failure);
        }
    }

    private static Identity WithCertificates(string source, IReadOnlyList<HostAlgorithm> algorithms, HostKey? publicKey, IReadOnlyList<HostKey> certificates)
    {
        var own = certificates.Where(certificate => publicKey is not null && publicKey.Equals(SshPublicKeys.Certified(certificate)));
        return new Identity(source, [.. own.SelectMany(certificate => algorithms.Select(algorithm => new CertificateAlgorithm(certificate, algorithm))), .. algorithms]);
    }
}
