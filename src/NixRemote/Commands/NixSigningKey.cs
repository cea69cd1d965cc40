namespace NixRemote.Commands;

/// <summary>A key that New-NixSigningKey has made. The secret half is in its file only.</summary>
public sealed record NixSigningKey
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The public key, <c>NAME:BASE64</c>.</summary>
    public required string PublicKey { get; init; }

    /// <summary>The file with the secret key.</summary>
    public required string SecretKeyFile { get; init; }

    /// <summary>The line for nix.conf of machines that shall believe its signatures.</summary>
    public string TrustLine => $"extra-trusted-public-keys = {PublicKey}";

    /// <summary>The line for nix.conf of a machine that shall sign what it builds.</summary>
    public string SignLine => $"secret-key-files = {SecretKeyFile}";
}
