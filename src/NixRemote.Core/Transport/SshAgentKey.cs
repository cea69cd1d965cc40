namespace NixRemote.Transport;

/// <summary>A key, or a certificate, that an SSH agent holds.</summary>
/// <param name="Key">Its public part; of a certificate, the certificate.</param>
/// <param name="Comment">What the agent calls it, often the file's name.</param>
public sealed record SshAgentKey(HostKey Key, string Comment);
