namespace NixRemote.Stores;

/// <summary>How a closure is copied.</summary>
public sealed record CopyOptions
{
    /// <summary>Let the destination fetch what it lacks from its substituters first.</summary>
    public bool Substitute { get; init; }

    /// <summary>Keep the destination's garbage collector from what the copied paths refer to, as long as the destination is open.</summary>
    public bool Protect { get; init; } = true;

    /// <summary>Copy the outputs of the derivations among the paths too, as far as they are there.</summary>
    public bool IncludeOutputs { get; init; }

    /// <summary>Copy what the paths refer to, directly or not; without it the destination must have that already.</summary>
    public bool IncludeClosure { get; init; } = true;
}
