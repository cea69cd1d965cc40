namespace NixRemote.Scheduling;

/// <summary>The question that Nix asks its build hook (scheduling.md §3), with what the hook knows of this machine.</summary>
/// <param name="Needs">What the derivation asks for.</param>
/// <param name="IsWilling">Whether a local slot is free (amWilling).</param>
/// <param name="LocalSystems">What this machine builds for: system and extra-platforms.</param>
/// <param name="LocalFeatures">Its system-features.</param>
/// <param name="LocalMaxJobs">Its max-jobs.</param>
public sealed record HookQuestion(
    BuildNeeds Needs, bool IsWilling, IReadOnlyCollection<string> LocalSystems, IReadOnlyCollection<string> LocalFeatures, int LocalMaxJobs)
{
    /// <summary>Whether this machine could build it if it had a free slot. Nix's hook counts neither <c>builtin</c> nor builtin builders in.</summary>
    public bool CouldBuildLocally => LocalMaxJobs > 0 && LocalSystems.Contains(Needs.System) && Needs.RequiredFeatures.All(LocalFeatures.Contains);
}
