using NixRemote.Builders;

namespace NixRemote.Diagnosis.Registration;

/// <summary>A builder that was set up.</summary>
public sealed record NixBuilderRegistration
{
    /// <summary>The builder, as its entry has it.</summary>
    public required NixBuilder Builder { get; init; }

    /// <summary>Its name.</summary>
    public string Name => Builder.Name;

    /// <summary>The fingerprint of its host key.</summary>
    public required string? HostKey { get; init; }

    /// <summary>The key file that it is reached with; null: what ssh uses.</summary>
    public string? IdentityFile => Builder.SshKey;

    /// <summary>The public key that was put there; null if none was.</summary>
    public string? PublicKey { get; init; }

    /// <summary>The machines file that has it now; null if none was written.</summary>
    public string? Path { get; init; }

    /// <summary>What its test found.</summary>
    public required NixBuilderTestResult Test { get; init; }

    /// <summary>The NixOS options that say the same on this machine.</summary>
    public required string NixOSClient { get; init; }

    /// <summary>The NixOS options for the builder's side: its user, key and trust.</summary>
    public required string NixOSBuilder { get; init; }
}
