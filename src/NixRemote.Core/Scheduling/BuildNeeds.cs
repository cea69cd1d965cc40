namespace NixRemote.Scheduling;

/// <summary>What a derivation asks of the machine that builds it.</summary>
/// <param name="System">Its platform: <c>x86_64-linux</c>, <c>builtin</c>.</param>
/// <param name="RequiredFeatures">Its requiredSystemFeatures.</param>
public sealed record BuildNeeds(string System, IReadOnlyCollection<string> RequiredFeatures)
{
    /// <summary>The system of derivations that every machine can build.</summary>
    public const string BuiltinSystem = "builtin";

    /// <summary><c>x86_64-linux with kvm, big-parallel</c>.</summary>
    public override string ToString() =>
        RequiredFeatures.Count == 0 ? System : $"{System} with {string.Join(", ", RequiredFeatures)}";
}
