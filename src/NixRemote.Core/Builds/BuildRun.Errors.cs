using NixRemote.Scheduling;
using NixRemote.StoreObjects;

namespace NixRemote.Builds;

public sealed partial class BuildRun
{
    /// <summary>Where there is one builder only, its error says it all; null otherwise.</summary>
    private NixRemoteException? OnlyError(IReadOnlyList<NixRemoteException> attempts) =>
        _builders.Count(b => !b.IsLocal) != 1 || _builders.Length != 1 ? null : attempts.Count > 0 ? attempts[^1] : _builders[0].Error;

    /// <summary>The error of a derivation that no builder takes, with each builder's reason.</summary>
    private NixRemoteException NobodyTakes(StorePath path, IReadOnlyList<NixRemoteException>? attempts = null)
    {
        var derivation = _graph[path];
        var needs = new BuildNeeds(derivation.Platform, DerivationOptions.Read(derivation).RequiredSystemFeatures);
        var reasons = new List<string>();
        var causes = new List<NixRemoteException>();
        foreach (var builder in _builders)
        {
            var declared = Eligibility.Check(builder.Builder, needs);
            var reason = !declared.IsEligible ? declared.Text
                : builder.Error is { } error ? $"it cannot be used: {error.Message}"
                : "it failed this derivation before";
            reasons.Add($"\n  {builder.Name}: {reason}");
            if (declared.IsEligible && builder.Error is { } cause)
            {
                causes.Add(cause);
            }
        }

        foreach (var builder in _options.Excluded)
        {
            reasons.Add($"\n  {builder.Name}: {Eligibility.Check(builder, needs, new BuilderCondition { IsExcluded = true }).Text}");
        }

        // Where every builder would take it and none can be reached for one and the same cause, that is the error.
        if (causes.Count > 0 && causes.Count == _builders.Length && causes.All(c => c.Definition == causes[0].Definition))
        {
            return new NixRemoteException(causes[0].Definition, $"{path} was not built.{string.Concat(reasons)}", causes[0])
            {
                Builder = causes.Count == 1 ? causes[0].Builder : null,
                Target = path.ToString(),
                StandardErrorTail = causes.Count == 1 ? causes[0].StandardErrorTail : null,
                RecommendedAction = causes[0].RecommendedAction,
            };
        }

        var all = new NixRemoteException(
            NixErrors.NoEligibleBuilder, $"No builder takes {path}, which needs {needs}.{string.Concat(reasons)}", attempts is { Count: > 0 } ? attempts[^1] : causes.FirstOrDefault())
        {
            Target = path.ToString(),
        };
        if (causes.Count > 0)
        {
            all.RecommendedAction = NixErrors.BuilderFailed.RecommendedAction;
        }

        return all;
    }
}
