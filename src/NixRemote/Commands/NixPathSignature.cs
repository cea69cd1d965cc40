namespace NixRemote.Commands;

/// <summary>A signature that Add-NixSignature has added.</summary>
public sealed record NixPathSignature
{
    /// <summary>The path.</summary>
    public required string Path { get; init; }

    /// <summary>The store that has it.</summary>
    public required string Store { get; init; }

    /// <summary>The signature, <c>NAME:BASE64</c>.</summary>
    public required string Signature { get; init; }
}
