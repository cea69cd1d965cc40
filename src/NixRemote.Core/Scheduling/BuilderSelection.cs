using System.Globalization;

namespace NixRemote.Scheduling;

/// <summary>Chooses a builder for one derivation, with the reason for each.</summary>
public static class BuilderSelection
{
    /// <summary>All candidates: those that take the derivation first, the best one at the top, then the others in their order.</summary>
    /// <param name="needs">What the derivation asks for.</param>
    /// <param name="candidates">The builders in the order of the configuration.</param>
    /// <param name="policy">How to compare them.</param>
    /// <param name="options">What to assume where nothing is known.</param>
    /// <param name="expectedDuration">The build on a builder of speed 1; null: not known.</param>
    public static IReadOnlyList<BuilderChoice> Rank(
        BuildNeeds needs, IReadOnlyList<BuilderCandidate> candidates, SelectionPolicy policy, ScheduleOptions options, TimeSpan? expectedDuration = null)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        ArgumentNullException.ThrowIfNull(options);
        var duration = expectedDuration ?? options.DefaultDuration;
        var choices = candidates.Select((c, i) => (Key: Key(c, i, policy, duration, options), Choice: Choice(needs, c, policy, duration, options))).ToList();
        var ranked = choices.Where(c => c.Choice.Eligible).OrderBy(c => c.Key).Select((c, i) => c.Choice with
        {
            Rank = i + 1,
            Score = c.Key.First,
            Reason = Reason(c.Choice, c.Key.First),
        });
        return [.. ranked, .. choices.Where(c => !c.Choice.Eligible).Select(c => c.Choice)];
    }

    /// <summary>The error of a derivation that no builder takes: each builder with all reasons, and the change that would be least.</summary>
    /// <param name="needs">What the derivation asks for.</param>
    /// <param name="answers">Each builder's answer.</param>
    /// <param name="derivationPath">The derivation; null where only a system and features were given.</param>
    public static NixRemoteException NobodyTakes(BuildNeeds needs, IReadOnlyCollection<BuilderEligibility> answers, string? derivationPath = null)
    {
        ArgumentNullException.ThrowIfNull(answers);
        var what = derivationPath is null ? $"a derivation for {needs}" : $"{derivationPath}, which needs {needs}";
        var reasons = string.Concat(answers.Select(a => $"\n  {a.Builder.Name}: {a.Text}"));
        var error = new NixRemoteException(NixErrors.NoEligibleBuilder, $"No builder takes {what}.{reasons}") { Target = derivationPath ?? needs.ToString() };
        if (answers.Where(a => !a.IsEligible).MinBy(a => a.Reasons.Count) is { } nearest)
        {
            error.RecommendedAction = $"The least change: for {nearest.Builder.Name}, {string.Join("; ", nearest.Reasons.Select(r => r.Cure))}.";
        }

        return error;
    }

    private static PlacementKey Key(BuilderCandidate candidate, int index, SelectionPolicy policy, TimeSpan duration, ScheduleOptions options) =>
        policy == SelectionPolicy.Balanced
            ? new PlacementKey(
                BuildTime(candidate, duration).TotalSeconds + (MoveTime(candidate, options)?.TotalSeconds ?? 0), -candidate.Builder.SpeedFactor, 0, index)
            : StockRule.Key(policy, candidate.Condition.BusySlots, candidate.Builder.SpeedFactor, index);

    private static TimeSpan BuildTime(BuilderCandidate candidate, TimeSpan duration) =>
        candidate.HasOutputs == true ? TimeSpan.Zero : duration * ((candidate.Condition.BusySlots + 1) / candidate.Builder.SpeedFactor);

    private static TimeSpan? MoveTime(BuilderCandidate candidate, ScheduleOptions options) => candidate.BytesToMove is { } bytes
        ? TimeSpan.FromSeconds(bytes / (candidate.BytesPerSecond ?? options.DefaultBytesPerSecond)) + candidate.RemakeTime / candidate.Builder.SpeedFactor
        : null;

    private static BuilderChoice Choice(BuildNeeds needs, BuilderCandidate candidate, SelectionPolicy policy, TimeSpan duration, ScheduleOptions options)
    {
        var answer = Eligibility.Check(candidate.Builder, needs, candidate.Condition);
        var isBalanced = policy == SelectionPolicy.Balanced;
        return new BuilderChoice
        {
            Builder = candidate.Builder,
            Needs = needs,
            Rank = null,
            Policy = policy,
            Score = null,
            Load = candidate.Condition.BusySlots,
            BuildTime = isBalanced ? BuildTime(candidate, duration) : null,
            HasOutputs = candidate.HasOutputs,
            BytesToMove = candidate.BytesToMove,
            RemadeInputs = candidate.RemadeInputs,
            MoveTime = isBalanced ? MoveTime(candidate, options) : null,
            Reasons = answer.Reasons,
            Reason = answer.Text,
        };
    }

    private static string Reason(BuilderChoice choice, double score)
    {
        if (choice.HasOutputs == true && choice.Policy == SelectionPolicy.Balanced)
        {
            return "has the outputs: nothing is built, nothing is moved there";
        }

        var (load, speed) = (choice.Load, choice.SpeedFactor);
        return choice.Policy switch
        {
            SelectionPolicy.Balanced => string.Create(CultureInfo.InvariantCulture,
                $"would be done in {score:0.##} s: (load {load} + 1) ÷ speed {speed:0.##} makes the build {choice.BuildTime!.Value.TotalSeconds:0.##} s")
                + (choice.MoveTime is { } move ? string.Create(CultureInfo.InvariantCulture, $", what it lacks {move.TotalSeconds:0.##} s more") : "")
                + (choice.RemadeInputs == 0 ? "" : $", of which it has to make {choice.RemadeInputs} itself, since it does not trust this user"),
            SelectionPolicy.Nix => string.Create(CultureInfo.InvariantCulture, $"load {load} ÷ speed {speed:0.##} = {score:0.##}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"load {load} ÷ speed {StockRule.WholeSpeed(speed)} = {score:0}, in whole numbers"),
        };
    }
}
